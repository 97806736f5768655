// The exchange at work: a carrier, phones, and a call with everybody in it that a call can have.
import { spawn } from "node:child_process";
import { newTrunkHabits, type BodyOf } from "@allo/contract";
import { carrierTarget, carrierTrunk } from "../../conformance/call/carrier-trunk.ts";
import { baresipPhone, freePort } from "@allo/testkit";
import type { Page } from "playwright-core";
import { goReadyOn, signInOn } from "../../conformance/desk/chromium.ts";
import { PASSWORD } from "../../conformance/call/centre.ts";
import type { ScreenCentre } from "./centre.ts";
import { until } from "./centre.ts";
import { dialog, finishWrapUp, goReadyIfResting, state, type Walk } from "./walk-steps.ts";

type Closing = () => Promise<void>;

/** Trunks that work and that don't, rules for outgoing calls, phones in every state, a mentor. Returns what ends the far ends. */
export async function setUpExchange(centre: ScreenCentre): Promise<Closing> {
  const { admin, cast, agents, program } = centre;
  const port = await freePort();
  const carrier = spawn("sipp", ["-sn", "uas", "-i", "127.0.0.1", "-p", String(port), "-mi", "127.0.0.1", "-rtp_echo", "-nostdin"], {
    stdio: "ignore",
  });
  // The walk's end, also one by an error, is the far ends' end.
  process.once("exit", () => carrier.kill("SIGKILL"));
  carrier.unref();
  // The carrier answers calls and no questions.
  const quiet = trunk(cast.trunks[0], port);
  await admin.call("trunkCreate", {
    body: { ...quiet, habits: { ...quiet.habits, optionsSeconds: 0 }, kind: "address", account: null, password: null },
  });
  const registering = trunk(cast.trunks[1], await freePort());
  await admin.call("trunkCreate", {
    body: {
      ...registering,
      kind: "registration",
      account: { user: "allo-2041", authUser: null, realm: null },
      password: "not the password",
      rules: {
        dialled: [
          { match: "8X*", strip: 1, prepend: "+7" },
          { match: "00*", strip: 2, prepend: "+" },
        ],
        callerOut: [],
        reached: [],
        callerIn: [],
      },
      callerIds: {
        choice: "rotate",
        numbers: cast.customers.slice(0, 2).map(({ number }) => ({ number, projectId: null })),
      },
    },
  });
  const { suggested } = await admin.call("dialPolicyGet");
  await admin.call("dialPolicyPut", { body: { policy: suggested, version: 0 } });
  const { username, password } = await admin.call("deviceCreate", {
    body: { name: cast.phones[0], personId: agents[0]?.personId ?? null },
  });
  await admin.call("deviceCreate", { body: { name: cast.phones[1], personId: null } });
  const phone = baresipPhone({ username, password, port: program.phonePort, toneHz: 440 });
  await phone.registered;
  await admin.call("personMentorsPut", {
    params: { personId: agents[0]?.personId ?? "" },
    body: { items: [{ personId: agents[2]?.personId ?? "" }] },
  });
  return async () => {
    carrier.kill("SIGKILL");
    await phone.close();
  };
}

function trunk(name: string, port: number): Omit<BodyOf<"trunkCreate">, "kind" | "account" | "password"> {
  const targets = [carrierTarget(port)];
  const { kind: _kind, account: _account, password: _password, ...fields } = carrierTrunk({ name, targets, domain: null, networks: [] });
  return { ...fields, habits: newTrunkHabits() };
}

/** One customer's call with a colleague, a lead, a slot, and a number outside that they are left with. */
export async function everybodyInACall({ centre, chromium, album, agent, lead }: Walk): Promise<void> {
  const { url } = centre.program;
  const { customers, unknownNumbers } = centre.cast;
  const bar = agent.locator('[data-testid="call-bar"]');
  const context = await chromium.person({ locale: centre.cast.locale, timeZone: centre.cast.timeZone });
  const other = await signInOn(context, url, { email: centre.agents[1]?.email ?? "", password: PASSWORD });
  await goReadyIfResting(agent);
  await centre.dial(customers[1]?.number ?? "");
  await state(agent, "ringing");
  await agent.keyboard.press("F2");
  await state(agent, "talking");
  await press(bar, "dialpad");
  await agent.locator('[role=dialog] button:has-text("#")').waitFor();
  await agent.locator('[role=dialog] button:has-text("5")').click();
  await album.shoot(agent, "call-keypad");
  await agent.keyboard.press("Escape");

  await goReadyOn(other);
  await until("the colleague's phone is proven", async () =>
    (await centre.agents[1]?.api.call("deskGet"))?.phone.proven === true ? true : null,
  );
  await press(bar, "transfer");
  await dialog(agent);
  const colleague = agent.locator('[role=dialog] input[value^="agent "]:enabled').first();
  await colleague.waitFor();
  await album.shoot(agent, "call-transfer", { whole: true });
  await colleague.check();
  await agent.locator("[role=dialog] button:has(.tabler-icon-phone-calling)").click();
  await state(other, "ringing");
  await album.shoot(agent, "call-consult-rings");
  await album.shoot(other, "call-consult-rung");
  await other.keyboard.press("F2");
  await state(other, "talking");
  await bar.locator(".tabler-icon-users-plus").waitFor();
  await album.shoot(agent, "call-consulting");
  await album.shoot(other, "call-consulted");
  await press(bar, "users-plus");
  await bar.locator(".tabler-icon-users-plus").waitFor({ state: "detached" });
  await album.shoot(agent, "call-together");
  await other.keyboard.press("Shift+F8");
  await bar.locator(".tabler-icon-parking").waitFor();
  await context.close();

  await lead.goto(`${url}desk`);
  await goReadyOn(lead);
  await until("the lead's phone is proven", async () => ((await centre.admin.call("deskGet")).phone.proven ? true : null));
  await lead.goto(`${url}floor`);
  await lead.locator("main .tabler-icon-ear").first().click();
  await dialog(lead);
  await album.shoot(lead, "call-into", { whole: true });
  await lead.locator('[role=dialog] input[maxlength="300"]').fill(centre.cast.reason);
  await lead.locator("[role=dialog] button[type=submit]").click();
  await lead.locator('[data-testid="call-bar"] .tabler-icon-hand-stop').waitFor();
  await album.shoot(lead, "call-listening");
  await album.shoot(agent, "call-listened-to");
  await lead.keyboard.press("Shift+F8");
  await lead.locator('[data-testid="call-bar"][data-kind="none"]').waitFor({ state: "attached" });

  await press(bar, "parking");
  await agent.locator('[data-testid="parked"]').waitFor();
  await album.shoot(agent, "desk-parked");
  await lead.locator('[data-testid="floor-parked"]').waitFor();
  await album.shoot(lead, "floor-parked", { whole: true });
  await agent.locator('[data-testid="parked"] button').first().click();
  await state(agent, "talking");
  await agent.locator('[data-testid="parked"]').waitFor({ state: "detached" });

  await press(bar, "transfer");
  await agent.locator('[role=dialog] input[value="outside"] + label').click();
  await agent.locator("[role=dialog] input[type=tel]").fill(unknownNumbers[0] ?? "");
  await album.shoot(agent, "call-transfer-outside", { whole: true });
  await agent.locator("[role=dialog] button:has(.tabler-icon-phone-calling)").click();
  await bar.locator(".tabler-icon-users-plus").waitFor();
  await album.shoot(agent, "call-outside");
  await bar.locator("button:has(.tabler-icon-transfer)").last().click();
  await state(agent, "wrapUp");
  await album.shoot(agent, "desk-wrap-up-passed-on");
  await finishWrapUp(agent);
  await lead.locator('[data-testid="floor-passed-on"]').waitFor();
  await album.shoot(lead, "floor-passed-on", { whole: true });
  await lead.locator('[data-testid="floor-passed-on"] button:has(.tabler-icon-phone-off)').click();
  await dialog(lead);
  await album.shoot(lead, "floor-passed-on-end");
  await lead.locator('[role=dialog] input[maxlength="300"]').fill(centre.cast.reason);
  await lead.locator("[role=dialog] button[type=submit]").click();
  await lead.locator('[data-testid="floor-passed-on"]').waitFor({ state: "detached" });
  await centre.admin.call("deskNotReady", { body: { reasonId: await firstReason(centre) } });
}

async function firstReason(centre: ScreenCentre): Promise<string> {
  const reason = (await centre.admin.call("reasonsList")).items.find((each) => !each.system);
  return reason?.reasonId ?? "";
}

async function press(bar: ReturnType<Page["locator"]>, icon: string): Promise<void> {
  await bar.locator(`button:has(.tabler-icon-${icon})`).first().click();
}

/** The long forms and the panels of the exchange's setup, and a call's messages. */
export async function panelsOfExchange({ centre, album, lead }: Walk): Promise<void> {
  const { url } = centre.program;
  const cards = 'main [data-testid="trunk"]';
  const forms = [
    ["setup-trunks-new", "setup/trunks", ["main button:has(.tabler-icon-plus)", "[role=dialog] form button[aria-expanded=false]"]],
    [
      "setup-trunks-change",
      "setup/trunks",
      [`${cards} >> nth=-1 >> button[data-variant=default]`, "[role=dialog] form button[aria-expanded=false]"],
    ],
    [
      "setup-trunks-check",
      "setup/trunks",
      [`${cards} button`, "[role=dialog] button:has(.tabler-icon-stethoscope)", '[data-testid="findings"]'],
    ],
    ["setup-trunks-log", "setup/trunks", [`${cards} >> nth=-1 >> button >> nth=1`]],
    ["setup-devices-new", "setup/devices", ["main button:has(.tabler-icon-plus)"]],
    ["setup-devices-change", "setup/devices", ["main article button[data-variant=default]"]],
    ["setup-devices-anew", "setup/devices", ["main article button[data-variant=subtle]"]],
    ["setup-maintenance-ask", "setup/maintenance", ['[data-testid="maintenance"] button']],
    ["setup-drills-ask", "setup/drills", ['[data-testid="drill"] button:has(.tabler-icon-activity)']],
    ["people-panel-mentors", `people?person=${centre.agents[0]?.personId ?? ""}`, []],
  ] as const;
  for (const [name, path, presses] of forms) {
    if (!album.wants(name)) continue;
    await lead.goto(`${url}${path}`);
    for (const each of presses) {
      const wanted = lead.locator(each).first();
      await wanted.waitFor();
      if (!each.startsWith('[data-testid="findings')) await wanted.click();
    }
    await dialog(lead);
    await album.shoot(lead, name, { whole: true });
  }
  await phoneSetUp(lead, url, album);
  if (album.wants("setup-network-doctor-run")) {
    await lead.goto(`${url}setup/network-doctor`);
    await lead.locator("main button:has(.tabler-icon-stethoscope)").first().click();
    await lead.locator('[data-testid="doctor-run"][aria-busy=false]').waitFor({ timeout: 90_000 });
    await album.shoot(lead, "setup-network-doctor-run", { whole: true });
  }
  if (album.wants("contact-ladder")) {
    const contact = (await centre.admin.call("contactsList", { query: { limit: 100 } })).items.find((row) => row.outcome === "answered");
    await lead.goto(`${url}contacts/${contact?.contactId ?? ""}`);
    await lead.locator("main section:last-of-type > button").last().click();
    await lead
      .locator("[data-testid=call-ladders] figure, [data-testid=call-ladders] li, [data-testid=call-ladders] button")
      .first()
      .waitFor();
    await album.shoot(lead, "contact-ladder", { whole: true });
  }
}

async function phoneSetUp(lead: Page, url: string, album: Walk["album"]): Promise<void> {
  if (!album.wants("setup-devices-code")) return;
  await lead.goto(`${url}setup/devices`);
  await lead.locator("main article button[data-variant=subtle]").first().click();
  await dialog(lead);
  await lead.locator("[role=dialog] button").last().click();
  await lead.locator('[data-testid="device-secret"]').waitFor();
  await album.shoot(lead, "setup-devices-code", { whole: true });
}
