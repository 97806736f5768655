import type { Centre } from "./centre.ts";

/** Opens the agent's desk as a browser without a microphone does; gives what shuts it. */
export async function openDesk(centre: Centre): Promise<() => void> {
  const address = new URL("/api/v1/live", centre.program.url);
  const { origin } = address;
  address.protocol = "ws:";
  const live = new WebSocket(address, { headers: { cookie: centre.agent.cookie(), origin } } as never);
  live.addEventListener("message", ({ data }) => {
    if (String(data).includes('"ping"')) live.send(JSON.stringify({ kind: "pong" }));
  });
  await new Promise((resolve) => live.addEventListener("open", resolve));
  live.send(JSON.stringify({ kind: "subscribe", topic: "desk" }));
  return () => live.close();
}
