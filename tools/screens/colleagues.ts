// Two colleagues with each other: found by name, rung, spoken with, held, and missed.
import { goReadyOn, signInOn } from "../../conformance/desk/chromium.ts";
import { PASSWORD } from "../../conformance/call/centre.ts";
import { dialog, goReadyIfResting, proven, state, type Walk } from "./walk-steps.ts";

/** The first agent calls the second, who calls back in vain. */
export async function colleaguesWithEachOther({ centre, chromium, album, agent, lead }: Walk): Promise<void> {
  const { url } = centre.program;
  const [first, second] = centre.agents;
  const context = await chromium.person({ locale: centre.cast.locale, timeZone: centre.cast.timeZone });
  const other = await signInOn(context, url, { email: second?.email ?? "", password: PASSWORD });
  await goReadyOn(other);
  await proven(centre, 1);
  await agent.goto(`${url}desk`);
  await goReadyIfResting(agent);
  await proven(centre);
  await agent.locator("main button[aria-haspopup=dialog]:has(.tabler-icon-users)").click();
  await dialog(agent);
  await agent.locator("[role=dialog] input[type=radio]:enabled").first().waitFor();
  await album.shoot(agent, "colleague-choice", { whole: true });
  await agent.locator(`[role=dialog] input[value="${second?.personId ?? ""}"]`).check();
  await agent.locator("[role=dialog] button[type=submit]").click();
  await state(other, "ringing");
  await album.shoot(agent, "colleague-called");
  await album.shoot(other, "colleague-rings");
  await other.keyboard.press("F2");
  await state(agent, "talking");
  await state(other, "talking");
  await album.shoot(agent, "colleague-talk");
  await other.keyboard.press("F8");
  await other.locator('[data-testid="call-bar"] .tabler-icon-player-play').waitFor();
  await album.shoot(agent, "colleague-held");
  await album.shoot(other, "colleague-holds");
  await lead.goto(`${url}floor`);
  await lead.locator('[data-testid="floor"]').waitFor();
  await album.shoot(lead, "colleague-floor", { whole: true });
  await other.keyboard.press("Shift+F8");
  await state(other, "ready");

  const rung = await second?.api.call("internalCallPlace", { body: { personId: first?.personId ?? "" } });
  await state(agent, "ringing");
  await second?.api.call("internalCallHangUp", { params: { internalCallId: rung?.internalCall?.internalCallId ?? "" } });
  await agent.locator('[data-testid="missed-colleagues"]').waitFor();
  await album.shoot(agent, "colleague-missed");
  await agent.goto(`${url}internal-calls`);
  await agent.locator('[role="grid"]').waitFor();
  await album.shoot(agent, "colleague-list");
  await lead.goto(`${url}internal-calls?whose=all`);
  await lead.locator('[role="grid"]').waitFor();
  await album.shoot(lead, "colleague-list-all");
  await context.close();
  await agent.goto(`${url}desk`);
}
