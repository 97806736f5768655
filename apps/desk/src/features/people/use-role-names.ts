import type { Person, Role } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { roleNames } from "./people-words.ts";

type Holding = Pick<Person, "roles" | "ownRoleIds">;
export type RoleNames = {
  readonly builtIn: (role: Role) => string;
  readonly own: (roleId: string) => string;
  /** All that a person holds, built-in ones first. */
  readonly all: (person: Holding) => readonly string[];
};

/** Roles as people read them. */
export function useRoleNames(): RoleNames {
  const { i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const own = useApi("rolesList", {}).data?.items ?? [];
  const ownName = (roleId: string): string => {
    const role = own.find((each) => each.roleId === roleId);
    return role === undefined ? "" : localized(role.names, language);
  };
  const builtIn = (role: Role): string => i18n._(roleNames[role]);
  return {
    builtIn,
    own: ownName,
    all: (person) => [...person.roles.map(builtIn), ...person.ownRoleIds.map(ownName).filter((name) => name !== "")],
  };
}
