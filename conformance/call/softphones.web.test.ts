// The softphones for browsers that others build, in a page of another site, as an agent's phone and as a caller: by WebSocket and digest, with
// ICE and DTLS-SRTP, heard both ways.
import { expect, onTestFinished, test } from "vitest";
import { baresipDial, hasBaresip, hasChromium, openBrowser } from "@allo/testkit";
import { hearsTone } from "./agent-page.ts";
import { openCentre } from "./centre.ts";
import { hears, hearsMusic } from "./listening.ts";
import { openDesk } from "./open-desk.ts";
import { serveSoftphones, softphoneOn } from "./softphones/serve.ts";

const [CALLER_HZ, SOFTPHONE_HZ] = [620, 1_000];

(hasBaresip() && hasChromium() ? test : test.skip)(
  "SIP.js and JsSIP register with a device's password, take a call, are heard both ways, hold, go on, hang up and are hung up, and call",
  async () => {
    const page = await serveSoftphones();
    const centre = await openCentre({ env: { ALLO_SOFTPHONE_ORIGINS: page.origin } });
    const [browser, shutDesk] = await Promise.all([openBrowser({ toneHz: SOFTPHONE_HZ }), openDesk(centre)]);
    onTestFinished(async () => {
      shutDesk();
      await browser.close();
      await centre.program.stop();
      page.close();
    });
    const softphones = browser.context.pages()[0] ?? (await browser.context.newPage());
    await softphones.goto(page.origin);
    const { personId } = await centre.agent.call("sessionGet");
    const desk = () => centre.agent.call("deskGet");
    const deskIs = async (state: string): Promise<void> => {
      await expect.poll(async () => (await desk()).state, { message: `the desk is ${state}` }).toBe(state);
    };
    const finish = async (): Promise<void> => {
      await deskIs("wrapUp");
      const [code] = (await centre.agent.call("wrapUpCodesList")).items;
      const contactId = (await desk()).contact?.contactId ?? "";
      await centre.agent.call("wrapUpFinish", { params: { contactId }, body: { wrapUpCodeId: code?.wrapUpCodeId ?? null, note: "" } });
      await deskIs("ready");
    };

    for (const kind of ["JsSIP", "SIP.js"] as const) {
      const softphone = softphoneOn(softphones, kind);
      const secret = await centre.admin.call("deviceCreate", { body: { name: kind, personId } });
      const account = { server: secret.webSocketUrl ?? "", domain: secret.domain, user: secret.username, password: secret.password };
      await softphone.start(account);
      await softphone.becomes("registered");
      await centre.agent.call("deskPhonePut", { body: { deviceId: secret.device.deviceId } });
      await expect.poll(async () => (await desk()).phone.proven, { message: `${kind} can ring` }).toBe(true);
      if ((await desk()).state !== "ready") await centre.agent.call("deskReady");

      const uri = `sip:${centre.number}@127.0.0.1:${centre.program.sipPort}`;
      const caller = baresipDial({ uri, toneHz: CALLER_HZ, from: "02079460555" });
      onTestFinished(() => caller.kill());
      await softphone.becomes("ringing");
      await softphone.press("answer");
      await softphone.becomes("talking");
      await hears(caller, SOFTPHONE_HZ);
      await hearsTone(softphones, CALLER_HZ);

      await softphone.press("hold");
      await softphone.becomes("held");
      await hearsMusic(caller, SOFTPHONE_HZ);
      await softphone.press("resume");
      await softphone.becomes("talking");
      await hears(caller, SOFTPHONE_HZ);
      await hearsTone(softphones, CALLER_HZ);

      if (kind === "JsSIP") await softphone.press("hangUp");
      else await caller.hangUp();
      await caller.closed;
      await softphone.becomes("over");
      await finish();
    }

    // One calls the number, and the other is the agent's phone: each hears the other's tone.
    const [jsSip, sipJs] = [softphoneOn(softphones, "JsSIP"), softphoneOn(softphones, "SIP.js")];
    await jsSip.press("dial", centre.number);
    await sipJs.becomes("ringing");
    await sipJs.press("answer");
    await sipJs.becomes("talking");
    await jsSip.becomes("talking");
    await hearsTone(softphones, SOFTPHONE_HZ);
    await jsSip.press("hangUp");
    await sipJs.becomes("over");

    const wrong = await centre.admin.call("deviceCreate", { body: { name: "Wrong", personId: null } });
    await jsSip.start({ server: wrong.webSocketUrl ?? "", domain: wrong.domain, user: wrong.username, password: "guessed" });
    await jsSip.becomes("refused");
  },
  180_000,
);
