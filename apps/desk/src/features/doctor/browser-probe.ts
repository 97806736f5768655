import type { DoctorBrowserFacts } from "@allo/contract";
import { callApi } from "../../api/client.ts";

const RELAY_MS_MAX = 4_000;
const RELAYS_MAX = 8;

/** What only this browser can find out: whether each relay lends it an address. Null: this person has no phone, and no relays. */
export async function probeRelays(mayPhone: boolean): Promise<DoctorBrowserFacts["relays"]> {
  if (!mayPhone || typeof RTCPeerConnection === "undefined") return null;
  const { iceServers } = await callApi("iceServersGet", {});
  const relays = iceServers.flatMap(({ urls, username, credential }) => urls.map((url) => ({ url, username, credential })));
  return await Promise.all(
    relays.slice(0, RELAYS_MAX).map(async (relay) => ({
      url: relay.url,
      answers: await lendsAddress({ ...relay, urls: relay.url }),
    })),
  );
}

async function lendsAddress(server: RTCIceServer): Promise<boolean> {
  const connection = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: "relay" });
  try {
    const lent = new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), RELAY_MS_MAX);
      connection.addEventListener("icecandidate", ({ candidate }) => {
        if (candidate === null) resolve(false);
        else if (candidate.type === "relay") resolve(true);
      });
    });
    connection.createDataChannel("doctor");
    await connection.setLocalDescription();
    return await lent;
  } catch {
    return false; // a relay that the browser doesn't even try
  } finally {
    connection.close();
  }
}
