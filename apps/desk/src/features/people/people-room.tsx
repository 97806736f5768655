import type { Person } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, SegmentedControl, Select, Stack } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation, usePagedApi } from "../../api/queries.ts";
import { personStatuses, type PeopleSearch } from "../../app/searches.ts";
import { useLanguage } from "../../i18n/language.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime, None } from "../../ui/values.tsx";
import { OneTimeLinkNotice, type LinkFor } from "./one-time-link.tsx";
import { statusNames } from "./people-words.ts";
import { hasRole, PersonFields, type PersonWrite } from "./person-fields.tsx";
import { PersonPanel } from "./person-panel.tsx";
import { RolesList } from "./roles-list.tsx";
import { useRoleNames } from "./use-role-names.ts";

const SEARCH_AFTER_MS = 150;

/** Who works here, and the roles that say what each may do. */
export function PeopleRoom(): ReactNode {
  const { t } = useLingui();
  const navigate = useNavigate();
  const { view } = useSearch({ from: "/shell/people" });
  const views = [
    { value: "people", label: t({ message: "People", context: "room" }) },
    { value: "roles", label: t`Roles` },
  ];
  return (
    <Page
      title={t({ message: "People", context: "room" })}
      action={
        <SegmentedControl
          aria-label={t`What is shown`}
          data={views}
          value={view ?? "people"}
          onChange={(value) => void navigate({ to: "/people", search: value === "roles" ? { view: "roles" } : {}, replace: true })}
        />
      }
    >
      {view === "roles" ? <RolesList /> : <PeopleList />}
    </Page>
  );
}

/** Everyone with a login: roles, skills, links. */
function PeopleList(): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const names = useRoleNames();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/people" });
  const [text, setText] = useState(search.q ?? "");
  const [q] = useDebouncedValue(text.trim(), SEARCH_AFTER_MS);
  const [adding, setAdding] = useState(false);
  const list = usePagedApi("peopleList", {
    query: { ...(q === "" ? {} : { q }), ...(search.status === undefined ? {} : { status: search.status }) },
  });
  const go = (next: PeopleSearch): void => void navigate({ to: "/people", search: next, replace: true });
  const { person: _open, ...filters } = search;
  const opened = list.rows.find((each) => each.personId === search.person);
  const columns: readonly Column<Person>[] = [
    {
      id: "name",
      header: t({ message: "Name", context: "of a person" }),
      width: "minmax(160px, 1.4fr)",
      cell: (each) => <bdi>{each.name}</bdi>,
      compare: (a, b) => format.compare(a.name, b.name),
    },
    {
      id: "roles",
      header: t`Roles`,
      width: "minmax(140px, 1.2fr)",
      cell: (each) => format.list(names.all(each)),
    },
    { id: "status", header: t`Login`, width: "minmax(100px, 0.8fr)", cell: (each) => i18n._(statusNames[each.status]) },
    { id: "email", header: t`E-mail`, width: "minmax(160px, 1.4fr)", cell: (each) => <bdi dir="ltr">{each.email}</bdi> },
    {
      id: "last",
      header: t`Last signed in`,
      width: "minmax(150px, 1fr)",
      cell: (each) => (each.lastSignedInAt === null ? <None why={t`never signed in`} /> : <DateTime at={each.lastSignedInAt} />),
    },
  ];
  const add = <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t`Add a person`}</Button>;
  const statuses = personStatuses.map((value) => ({ value, label: i18n._(statusNames[value]) }));
  return (
    <>
      <FilterBar search={{ value: text, label: t`Name or e-mail`, onChange: setText }} action={add}>
        <Select
          aria-label={t`Login`}
          w={170}
          data={statuses}
          clearable
          placeholder={t`All logins`}
          value={search.status ?? null}
          onChange={(value) => {
            const status = personStatuses.find((each) => each === value);
            go(status === undefined ? {} : { status });
          }}
        />
      </FilterBar>
      <DataTable
        label={t({ message: "People", context: "room" })}
        columns={shownColumns(columns, narrow, ["name", "status"])}
        rows={list.rows}
        rowKey={(each) => each.personId}
        onOpen={(each) => go({ ...filters, person: each.personId })}
        selectedKey={search.person ?? null}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t`Nobody found`}
            action={add}
          >{t`Everyone who signs in stands here. A person added gets a link to choose a password; nobody else ever knows it.`}</EmptyState>
        }
      />
      <SidePanel
        opened={opened !== undefined}
        onClose={() => go(filters)}
        title={opened === undefined ? "" : <bdi>{opened.name}</bdi>}
        size={520}
      >
        {opened !== undefined && <PersonPanel key={opened.personId} person={opened} />}
      </SidePanel>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t`Add a person`} closeButtonProps={{ "aria-label": t`Close` }}>
        <AddPerson onDone={() => setAdding(false)} />
      </Modal>
    </>
  );
}

function AddPerson({ onDone }: { readonly onDone: () => void }): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const create = useApiMutation("personCreate", ["peopleList"]);
  const [draft, setDraft] = useState<PersonWrite>({ name: "", email: "", roles: ["agent"], ownRoleIds: [], language });
  const [link, setLink] = useState<LinkFor | null>(null);
  if (link !== null)
    return (
      <Stack>
        <OneTimeLinkNotice link={link} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>{t`Done, I have the link`}</Button>
        </Group>
      </Stack>
    );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate(
      { body: { ...draft, name: draft.name.trim(), email: draft.email.trim() } },
      { onSuccess: ({ person, invitation }) => setLink({ ...invitation, name: person.name }) },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <PersonFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
        <Problem failure={create.error} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={!hasRole(draft)}>{t`Add and get the link`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
