import type { FastifyRequest } from "fastify";
import type { Api, Principal } from "../../../platform/http.ts";
import { ApiError } from "../../../platform/api-error.ts";
import { peerOf } from "../../../platform/peer.ts";
import type { ByBrowser, createDevices } from "../devices.ts";
import type { By, Editor } from "../editor.ts";
import type { createHours } from "../hours.ts";
import type { createLists } from "../lists.ts";
import type { PhoneLinks } from "../phone-links.ts";
import type { createPhoneNumbers } from "../phone-numbers.ts";
import type { createProjects } from "../projects.ts";
import type { createPrompts } from "../prompts.ts";
import type { createQueues } from "../queues.ts";

export function registerDirectoryRoutes(
  api: Api,
  {
    editor,
    projects,
    hours,
    lists,
    queues,
    phoneNumbers,
    devices,
    prompts,
    phoneLinks,
  }: {
    readonly editor: Editor;
    readonly projects: ReturnType<typeof createProjects>;
    readonly hours: ReturnType<typeof createHours>;
    readonly lists: ReturnType<typeof createLists>;
    readonly queues: ReturnType<typeof createQueues>;
    readonly phoneNumbers: ReturnType<typeof createPhoneNumbers>;
    readonly devices: ReturnType<typeof createDevices>;
    readonly prompts: ReturnType<typeof createPrompts>;
    readonly phoneLinks: PhoneLinks;
  },
): void {
  const items = <T>(list: readonly T[]): { items: T[] } => ({ items: [...list] });
  const byBrowser = ({ principal, address, request }: By & { readonly request: FastifyRequest }): ByBrowser => {
    const { host, isSecure } = peerOf(request.raw);
    return {
      principal,
      address,
      host: request.hostname,
      origin: request.headers.origin ?? `${isSecure ? "https" : "http"}://${host}`,
    };
  };
  const config = ({ principal }: { readonly principal: Principal }) => editor.config(principal);

  api.on("projectsList", async (call) => items(config(call).projects));
  api.on("projectCreate", (call) => projects.create(call, call.body));
  api.on("projectUpdate", (call) => projects.update(call, call.params.projectId, call.body));
  api.on("hoursList", async (call) => items(config(call).hours));
  api.on("hoursCreate", (call) => hours.create(call, call.body));
  api.on("hoursUpdate", (call) => hours.update(call, call.params.hoursId, call.body));
  api.on("skillsList", async (call) => items(config(call).skills));
  api.on("skillCreate", (call) => lists.skillCreate(call, call.body));
  api.on("skillUpdate", (call) => lists.skillUpdate(call, call.params.skillId, call.body));
  api.on("personSkillsGet", async (call) => items(lists.personSkills(call, call.params.personId)));
  api.on("personMentorsGet", async (call) => items(lists.personMentors(call, call.params.personId)));
  api.on("personMentorsPut", async (call) => items(await lists.personMentorsPut(call, call.params.personId, call.body)));
  api.on("personSkillsPut", async (call) => items(await lists.personSkillsPut(call, call.params.personId, call.body)));

  api.on("queuesList", async (call) => items(config(call).queues));
  api.on("queueCreate", (call) => queues.create(call, call.body));
  api.on("queueUpdate", (call) => queues.update(call, call.params.queueId, call.body));
  api.on("queueMembersGet", async (call) => items(queues.members(call, call.params.queueId)));
  api.on("queueMembersPut", async (call) => items(await queues.membersPut(call, call.params.queueId, call.body)));

  api.on("numbersList", async (call) => items(config(call).numbers));
  api.on("numberCreate", (call) => phoneNumbers.create(call, call.body));
  api.on("numberUpdate", (call) => phoneNumbers.update(call, call.params.numberId, call.body));

  api.on("devicesList", async (call) => items(devices.list(call)));
  api.on("deviceLog", async (call) => items(devices.log(call, call.params.deviceId)));
  api.on("deviceCreate", (call) => devices.create(byBrowser(call), call.body));
  api.on("deviceRenew", (call) => devices.renew(byBrowser(call), call.params.deviceId));
  for (const name of ["phoneSetupGet", "phoneSetupFileGet"] as const)
    api.on(name, async ({ params, address, request, reply }) => {
      // A look at the headers alone must not spend the link.
      if (request.method === "HEAD") throw new ApiError("notFound", 404);
      const file = "file" in params ? params.file : null;
      const { contentType, text } = await phoneLinks.fetch({ link: params.token, file, address });
      await reply.type(contentType).send(text);
      return undefined;
    });
  api.on("deviceUpdate", (call) => devices.update(call, call.params.deviceId, call.body));
  api.on("deviceRetire", (call) => devices.retire(call, call.params.deviceId));

  api.on("wrapUpCodesList", async (call) => items(config(call).wrapUpCodes));
  api.on("wrapUpCodeCreate", (call) => lists.wrapUpCodeCreate(call, call.body));
  api.on("wrapUpCodeUpdate", (call) => lists.wrapUpCodeUpdate(call, call.params.wrapUpCodeId, call.body));
  api.on("reasonsList", async (call) => items(config(call).reasons));
  api.on("reasonCreate", (call) => lists.reasonCreate(call, call.body));
  api.on("reasonUpdate", (call) => lists.reasonUpdate(call, call.params.reasonId, call.body));

  api.on("promptsList", async (call) => items(prompts.list(call)));
  api.on("promptAudio", async (call) => {
    const sound = prompts.open(call, call.params);
    return call.reply.type("audio/wav").send(sound) as unknown as undefined;
  });
  api.on("promptCreate", async (call) => prompts.create(call, call.query, await readFile(call.request)));
  api.on("promptRetire", async (call) => items(await prompts.setRetired(call, call.params.audioId, true)));
  api.on("promptUnretire", async (call) => items(await prompts.setRetired(call, call.params.audioId, false)));
  api.on("promptReplace", async (call) => prompts.replace(call, call.params, await readFile(call.request)));
  api.on("promptRestore", (call) => prompts.restore(call, call.params));
}

async function readFile(request: FastifyRequest): Promise<Uint8Array> {
  const file = request.isMultipart() ? await request.file() : undefined;
  if (file === undefined)
    throw new ApiError("audioInvalid", 400, "No file was sent", [{ path: "file", code: "missing", message: "is missing" }]);
  return file.toBuffer(); // beyond the limit it throws, and 413 is answered
}
