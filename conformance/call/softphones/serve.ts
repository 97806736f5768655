// Serves the softphones' page at an origin of its own, as another web site would.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import type { Account, Softphone, SoftphoneState } from "./page.ts";

export type SoftphoneKind = "JsSIP" | "SIP.js";

/** The page's origin, before anything is at it: a program may have to be told of it. */
export async function serveSoftphones(): Promise<{ readonly origin: string; readonly close: () => void }> {
  const script = await bundle();
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><title>Softphones</title><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bundle(): Promise<string> {
  const built = await build({
    root: fileURLToPath(new URL(".", import.meta.url)),
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: fileURLToPath(new URL("page.ts", import.meta.url)) },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  const chunk = output !== undefined && "output" in output ? output.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the page was not built");
  return chunk.code;
}

type Keys = {
  readonly startSoftphone: (kind: SoftphoneKind, account: Account) => void;
  readonly softphoneState: (kind: SoftphoneKind) => SoftphoneState | undefined;
  readonly pressSoftphone: (kind: SoftphoneKind, key: keyof Softphone, number?: string) => Promise<void>;
};

/** A softphone of the page, by its keys. */
export function softphoneOn(page: Page, kind: SoftphoneKind) {
  const press = (key: Exclude<keyof Softphone, "state">, number = ""): Promise<void> =>
    page.evaluate(([of, pressed, dialled]) => (window as unknown as Keys).pressSoftphone(of, pressed, dialled), [
      kind,
      key,
      number,
    ] as const);
  return {
    start: (account: Account) =>
      page.evaluate(([of, given]) => (window as unknown as Keys).startSoftphone(of, given), [kind, account] as const),
    press,
    becomes: async (state: SoftphoneState): Promise<void> => {
      await expect
        .poll(() => page.evaluate((of) => (window as unknown as Keys).softphoneState(of), kind), {
          timeout: 20_000,
          message: `${kind} becomes ${state}`,
        })
        .toBe(state);
    },
  };
}
