import type { CustomerHit } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Modal } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAddressBook, IconPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { useApi, usePagedApi } from "../../api/queries.ts";
import { useWorkChanges } from "../../live/use-work-changes.ts";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { shownColumns, useNarrow } from "../../ui/narrow.ts";
import { Page } from "../../ui/page.tsx";
import { ProjectFilter } from "../../ui/project-filter.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { DateTime, None } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { CustomerCard } from "./customer-card.tsx";
import { CustomerCreateForm } from "./customer-form.tsx";
import { Identities } from "./identities.tsx";

const SEARCH_AFTER_MS = 150;

/** All cards, found as one types; one opens beside the list. */
export function CustomersRoom(): ReactNode {
  const { t } = useLingui();
  const narrow = useNarrow();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/customers" });
  const [text, setText] = useState(search.q ?? "");
  const [wanted] = useDebouncedValue(text.trim(), SEARCH_AFTER_MS);
  const [adding, setAdding] = useState(false);
  const list = usePagedApi("customersSearch", {
    query: { ...(wanted === "" ? {} : { q: wanted }), ...(search.projectId === undefined ? {} : { projectId: search.projectId }) },
  });
  const fields = useApi("customerFieldsList", {}).data?.items;
  const changes = useWorkChanges("customer", ["customersSearch"]);
  const { projectChoices, projectName } = useDirectory();
  const go = (next: { readonly projectId?: string; readonly customer?: string }): void =>
    void navigate({ to: "/customers", search: { ...(wanted === "" ? {} : { q: wanted }), ...next }, replace: true });
  const inProject = search.projectId === undefined ? {} : { projectId: search.projectId };
  const open = (customer: string | null): void => go({ ...inProject, ...(customer === null ? {} : { customer }) });
  const columns: readonly Column<CustomerHit>[] = [
    { id: "name", header: t`Name`, width: "minmax(180px, 1.5fr)", cell: (hit) => <bdi>{hit.name}</bdi> },
    {
      id: "identities",
      header: t`Numbers and addresses`,
      width: "minmax(180px, 2fr)",
      cell: (hit) => <Identities identities={hit.identities} />,
    },
    ...(projectChoices.length === 0
      ? []
      : [
          {
            id: "project",
            header: t`Project`,
            width: "minmax(120px, 1fr)",
            cell: (hit: CustomerHit) => <bdi>{projectName(hit.projectId)}</bdi>,
          },
        ]),
    {
      id: "last",
      header: t`Last call`,
      width: "minmax(150px, 1fr)",
      cell: (hit) =>
        hit.lastContactAt === null ? <None why={t`No calls with this customer yet.`} /> : <DateTime at={hit.lastContactAt} show="row" />,
    },
  ];
  const add = may("customers.write") && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>{t`Add a customer`}</Button>
  );
  return (
    <Page title={t({ message: "Customers", context: "room" })}>
      <FilterBar search={{ value: text, label: t`Name, number or e-mail`, onChange: setText }} action={add}>
        {projectChoices.length > 0 && (
          <ProjectFilter
            choices={projectChoices}
            value={search.projectId ?? null}
            onChange={(projectId) => go(projectId === null ? {} : { projectId })}
          />
        )}
      </FilterBar>
      <DataTable
        label={t({ message: "Customers", context: "room" })}
        columns={shownColumns(columns, narrow, ["name", "identities"])}
        rows={list.rows}
        rowKey={(hit) => hit.customerId}
        onOpen={(hit) => open(hit.customerId)}
        selectedKey={search.customer ?? null}
        markedKeys={changes.marked}
        loading={list.loading}
        failure={list.failure}
        onRetry={list.refetch}
        onMore={list.onMore}
        loadingMore={list.loadingMore}
        empty={
          wanted === "" ? (
            <EmptyState
              icon={IconAddressBook}
              title={t`No customers yet`}
              action={add}
              example={t`For example: Alice Thornton, 020 7946 0123, contract 1024, five calls.`}
            >
              {t`A card keeps who someone is and every call with them. It opens by itself when its number calls.`}
            </EmptyState>
          ) : (
            <EmptyState
              icon={IconAddressBook}
              title={t`Nobody found`}
              action={add}
            >{t`Search by any part of a name, a number in any spelling, or an e-mail address.`}</EmptyState>
          )
        }
      />
      <SidePanel opened={search.customer !== undefined} onClose={() => open(null)} title={t`Customer card`} size={600}>
        {search.customer !== undefined && <CustomerCard key={search.customer} customerId={search.customer} />}
      </SidePanel>
      <Modal opened={adding} onClose={() => setAdding(false)} title={t`Add a customer`} closeButtonProps={{ "aria-label": t`Close` }}>
        {fields !== undefined && (
          <CustomerCreateForm
            fields={fields}
            name={wanted}
            {...inProject}
            onMade={(customer) => {
              setAdding(false);
              open(customer.customerId);
            }}
          />
        )}
      </Modal>
    </Page>
  );
}
