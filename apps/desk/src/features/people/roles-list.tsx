import { roles as builtIn, rolePermissions, type OwnRole, type Permission } from "@allo/contract";
import { Plural, useLingui } from "@lingui/react/macro";
import { Badge, Button, Group, Stack, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { useFormat } from "../../ui/use-format.ts";
import setup from "../setup/setup.module.css";
import { useRetire } from "../setup/use-retire.ts";
import { roleNames } from "./people-words.ts";
import { permissionNames } from "./permission-words.ts";
import { RoleCreate, RoleEdit, type RoleDraft } from "./role-form.tsx";

type Open = { readonly kind: "new"; readonly from: RoleDraft } | { readonly kind: "change"; readonly roleId: string };
const empty = { en: "", ru: "", fa: "" };

/** Built-in roles as they are, and the organisation's own: made from a copy, changed, retired. */
export function RolesList(): ReactNode {
  const { t, i18n } = useLingui();
  const language = useLanguage((state) => state.language);
  const list = useApi("rolesList", {});
  const [open, setOpen] = useState<Open | null>(null);
  if (list.data === undefined)
    return list.error === null ? <SkeletonRows rows={4} height={72} /> : <Problem failure={list.error} onRetry={list.refetch} />;
  const own = [...list.data.items].sort((a, b) => Number(a.retired) - Number(b.retired));
  const opened = open?.kind === "change" ? own.find((role) => role.roleId === open.roleId) : undefined;
  const copy = (names: RoleDraft["names"], permissions: readonly Permission[]): void =>
    setOpen({ kind: "new", from: { names, description: empty, permissions } });
  return (
    <div className={setup["section"]} style={{ overflowY: "auto" }}>
      <p className={`${setup["sentence"] ?? ""} ${setup["quiet"] ?? ""}`}>
        {t`A role says what its holders may do. A person may hold several, and may do all that any of them allows. Changes work at once for everyone who is signed in.`}
      </p>
      <div>
        <Button
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => setOpen({ kind: "new", from: { names: empty, description: empty, permissions: [] } })}
        >{t`Add a role`}</Button>
      </div>
      {builtIn.map((role) => (
        <RoleCard
          key={role}
          name={i18n._(roleNames[role])}
          badge={t({ message: "built in", context: "role" })}
          permissions={rolePermissions[role]}
        >
          <Button variant="default" size="compact-md" onClick={() => copy(empty, rolePermissions[role])}>
            {t({ message: "Copy", context: "button, a role" })}
          </Button>
        </RoleCard>
      ))}
      {own.map((role) => (
        <OwnRoleCard
          key={role.roleId}
          role={role}
          onOpen={() => setOpen({ kind: "change", roleId: role.roleId })}
          onCopy={() => copy(empty, role.permissions)}
        />
      ))}
      <SidePanel
        opened={open !== null && (open.kind === "new" || opened !== undefined)}
        onClose={() => setOpen(null)}
        title={opened === undefined ? t`Add a role` : <bdi>{localized(opened.names, language)}</bdi>}
        size={600}
      >
        {open?.kind === "new" && <RoleCreate from={open.from} onMade={() => setOpen(null)} />}
        {opened !== undefined && <RoleEdit key={opened.roleId} role={opened} />}
      </SidePanel>
    </div>
  );
}

function OwnRoleCard({
  role,
  onOpen,
  onCopy,
}: {
  readonly role: OwnRole;
  readonly onOpen: () => void;
  readonly onCopy: () => void;
}): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  const language = useLanguage((state) => state.language);
  const retire = useRetire("rolesList");
  const name = localized(role.names, language);
  const put = (retired: boolean, version: number): Promise<OwnRole> =>
    callApi("roleUpdate", { params: { roleId: role.roleId }, body: { retired, version } });
  return (
    <RoleCard
      name={name}
      about={localized(role.description, language)}
      badge={role.retired ? t({ message: "retired", context: "a thing" }) : null}
      permissions={role.permissions}
      retired={role.retired}
      holders={
        role.holderCount === 0 ? (
          t`Nobody holds it.`
        ) : (
          <>
            <Plural value={role.holderCount} one="# person holds it" other="# people hold it" />
            {": "}
            <bdi>{format.list(role.holders.map((holder) => holder.name))}</bdi>
          </>
        )
      }
    >
      {!role.retired && (
        <>
          <Button variant="default" size="compact-md" onClick={onOpen}>
            {t({ message: "Change", context: "button" })}
          </Button>
          <Button variant="default" size="compact-md" onClick={onCopy}>
            {t({ message: "Copy", context: "button, a role" })}
          </Button>
        </>
      )}
      <Button variant="subtle" size="compact-md" onClick={() => retire({ name, version: role.version, retired: role.retired }, put)}>
        {role.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
      </Button>
    </RoleCard>
  );
}

function RoleCard({
  name,
  about = "",
  badge,
  permissions,
  holders,
  retired = false,
  children,
}: {
  readonly name: string;
  readonly about?: string;
  readonly badge: string | null;
  readonly permissions: readonly Permission[];
  readonly holders?: ReactNode;
  readonly retired?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const { i18n, t } = useLingui();
  const format = useFormat();
  const may = format.list(permissions.map((permission) => i18n._(permissionNames[permission])));
  return (
    <article className={setup["card"]} data-retired={retired} data-testid="role">
      <Group justify="space-between">
        <Title order={2} size="h3">
          <bdi>{name}</bdi>{" "}
          {badge !== null && (
            <Badge component="span" variant="light" color="gray" tt="none" c="var(--text)">
              {badge}
            </Badge>
          )}
        </Title>
        <Group gap="xs">{children}</Group>
      </Group>
      <Stack gap={4}>
        {about !== "" && (
          <p className={setup["sentence"]}>
            <bdi>{about}</bdi>
          </p>
        )}
        <p className={setup["sentence"]}>{t`May: ${may}.`}</p>
        {holders !== undefined && <p className={`${setup["sentence"] ?? ""} ${setup["quiet"] ?? ""}`}>{holders}</p>}
      </Stack>
    </article>
  );
}
