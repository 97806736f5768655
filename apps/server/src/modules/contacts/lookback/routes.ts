import type { Api } from "../../../platform/http.ts";
import type { LostCalls } from "../lost-calls/lost-calls.ts";
import type { Playback } from "../playback/playback.ts";
import type { ContactList } from "./contact-list.ts";

/** The routes of looking back: lists, lost calls, recordings. */
export function registerLookbackRoutes(
  api: Api,
  { list, lostCalls, playback }: { readonly list: ContactList; readonly lostCalls: LostCalls; readonly playback: Playback },
): void {
  api.on("contactsList", ({ principal, query }) => list.list(principal, query));
  api.on("lostCallsList", ({ principal, query }) => lostCalls.list(principal, query));
  api.on("lostCallAttempt", ({ principal, address, params }) => lostCalls.attempt({ principal, address }, params.lostCallId));
  api.on("lostCallSettle", ({ principal, address, params, body }) => lostCalls.settle({ principal, address }, params.lostCallId, body));
  api.on("lostCallReopen", ({ principal, address, params }) => lostCalls.reopen({ principal, address }, params.lostCallId));
  api.on("recordingGet", ({ principal, params }) => playback.meta(principal, params.recordingId));
  api.on("recordingAudio", async ({ principal, address, params, request, reply }) => {
    const { status, headers, body } = await playback.audio({ principal, address }, params.recordingId, request.headers.range);
    void reply.code(status).headers(headers).header("cache-control", "private, no-store").send(body);
    return undefined;
  });
}
