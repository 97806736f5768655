// Projects: the clients for whom calls are taken. An organisation that works for itself has one, which screens don't show.
import type { BodyOf, Project } from "@allo/contract";
import type { Clock, IdSource } from "@allo/kernel";
import { ApiError, invalidField } from "../../platform/api-error.ts";
import type { SetupParts } from "./config.ts";
import { usesOfProject } from "./core/uses.ts";
import { requireRoom, requireUnused, requireVersion, type By, type Editor } from "./editor.ts";
import { directoryLimits } from "./limits.ts";
import { find } from "./lists.ts";
import type { IsAudio } from "./queues.ts";
import { projectInsert } from "./store/insert-store.ts";

export function createProjects({
  editor,
  ids,
  clock,
  isName,
}: {
  readonly editor: Editor;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** A name of the organisation's own, in use. */
  readonly isName: IsAudio;
}) {
  return {
    async create(by: By, body: BodyOf<"projectCreate">): Promise<Project> {
      const projectId = ids.next("prj");
      const config = await editor.change(by, "projects", async (tx, before) => {
        requireRoom(before.projects.length, directoryLimits.projectsMax);
        const name = readProjectName(before, body.name);
        await projectInsert(tx, { organisationId: by.principal.organisationId, projectId, name, inHouse: false, at: clock.now() });
        return { action: "project.create", objectType: "project", objectId: projectId, before: null, after: { name } };
      });
      return find(config.projects, (each) => each.projectId === projectId);
    },
    async update(by: By, projectId: string, { version, ...body }: BodyOf<"projectUpdate">): Promise<Project> {
      const config = await editor.change(by, "projects", async (tx, before) => {
        const project = find(before.projects, (each) => each.projectId === projectId);
        requireVersion(project, version, body);
        const retired = body.retired ?? project.retired;
        const name = body.name === undefined ? project.name : readProjectName(before, body.name, projectId);
        const nameAudioId = body.nameAudioId === undefined ? project.nameAudioId : body.nameAudioId;
        if (nameAudioId !== null && nameAudioId !== project.nameAudioId && !isName(before, nameAudioId))
          throw invalidField("nameAudioId", "unknown", "names a recording that isn't there");
        const next: Project = { ...project, name, nameAudioId, retired, inHouse: project.inHouse && name === project.name };
        if (retired && !project.retired) {
          requireUnused(usesOfProject(before, projectId));
          if (!before.projects.some((each) => !each.retired && each.projectId !== projectId))
            throw new ApiError("inUse", 409, "One project must stay");
        }
        await tx.query(
          `update directory.project set name = $2, hidden = $3, retired = $4, name_audio_id = $5, version = version + 1
            where project_id = $1`,
          [projectId, next.name, next.inHouse, next.retired, next.nameAudioId],
        );
        return { action: "project.change", objectType: "project", objectId: projectId, before: project, after: next };
      });
      return find(config.projects, (each) => each.projectId === projectId);
    },
  };
}

/** Two clients of one name couldn't be told apart. */
export function readProjectName({ projects }: Pick<SetupParts, "projects">, text: string, ownId?: string): string {
  const name = text.trim();
  if (name === "") throw invalidField("name", "empty", "is empty");
  const isTaken = projects.some((each) => !each.retired && each.projectId !== ownId && fold(each.name) === fold(name));
  if (isTaken)
    throw new ApiError("alreadyExists", 409, "There is a project of this name", [
      { path: "name", code: "alreadyExists", message: "is the name of another project" },
    ]);
  return name;
}

function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
