import type { BodyOf, CustomerField } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Checkbox, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconForms } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { NamedSection, type NamedThing } from "./named-section.tsx";
import { useRetire } from "./use-retire.ts";

type FieldType = CustomerField["type"];

/** The organisation's own fields of the customer card. */
export function CustomerFieldsSection(): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const list = useApi("customerFieldsList", {});
  const retire = useRetire("customerFieldsList");
  const [type, setType] = useState<FieldType>("text");
  const [pausesRecording, setPausesRecording] = useState(false);
  const [verifyLevel, setVerifyLevel] = useState(0);
  const write = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSettled: () => queries.invalidateQueries({ queryKey: ["customerFieldsList"] }),
  });
  const types: Readonly<Record<FieldType, string>> = {
    text: t({ message: "Text", context: "type of a field" }),
    number: t({ message: "Number", context: "type of a field" }),
    date: t({ message: "Date", context: "type of a field" }),
  };
  const items = [...(list.data?.items ?? [])].sort((a, b) => a.position - b.position);
  const positionOf = (thing: NamedThing): number => items.find((each) => each.fieldId === thing.id)?.position ?? 0;
  const update = (thing: NamedThing, body: BodyOf<"customerFieldUpdate">): Promise<unknown> =>
    callApi("customerFieldUpdate", { params: { fieldId: thing.id }, body });
  return (
    <NamedSection
      addLabel={t`Add a field`}
      nameLabel={t`Name of the field`}
      about={t`What you keep of a customer besides names, numbers and addresses. They stand on the card in this order.`}
      failure={list.error}
      onRetry={list.refetch}
      saving={{ pending: write.isPending, failure: write.error }}
      onOpen={(thing) => {
        setType("text");
        setPausesRecording(items.some((each) => each.fieldId === thing?.id && each.pausesRecording));
        setVerifyLevel(items.find((each) => each.fieldId === thing?.id)?.verifyLevel ?? 0);
      }}
      things={
        list.data === undefined
          ? undefined
          : items.map((each) => ({
              id: each.fieldId,
              names: each.names,
              retired: each.retired,
              version: 0,
              beside: [
                types[each.type],
                ...(each.pausesRecording ? [t`pauses the recording`] : []),
                ...(each.verifyLevel > 0 ? [t`for verified callers`] : []),
              ].join(" · "),
            }))
      }
      onSave={(thing, names, done) =>
        write.mutate(
          () =>
            thing === null
              ? callApi("customerFieldCreate", { body: { names, type, pausesRecording, verifyLevel } })
              : update(thing, { names, pausesRecording, verifyLevel }),
          { onSuccess: done },
        )
      }
      onMove={(thing, neighbour) =>
        write.mutate(() =>
          Promise.all([update(thing, { position: positionOf(neighbour) }), update(neighbour, { position: positionOf(thing) })]),
        )
      }
      onRetire={(thing, name) =>
        retire({ ...thing, name }, async (retired) => {
          await update(thing, { retired });
        })
      }
      extra={(thing) => (
        <Stack gap="sm">
          {thing === null && (
            <div>
              <Text size="sm" fw={500}>{t`What stands in it`}</Text>
              <SegmentedControl
                aria-label={t`What stands in it`}
                data={(["text", "number", "date"] as const).map((value) => ({ value, label: types[value] }))}
                value={type}
                onChange={(value) => setType(value === "number" || value === "date" ? value : "text")}
              />
            </div>
          )}
          <Checkbox
            label={t`Pause the recording while it is filled in`}
            description={t`For what must not be kept: a card's number, a code word. The recording goes on when the agent leaves the field.`}
            checked={pausesRecording}
            onChange={(event) => setPausesRecording(event.currentTarget.checked)}
          />
          <Select
            label={t`Who sees it`}
            description={t`Agents say at the desk how a caller has proved who they are. Leads and administrators see every field.`}
            data={[
              { value: "0", label: t`Whoever sees the card` },
              { value: "1", label: t`Once the caller is verified: by questions, a code or the voice` },
              { value: "2", label: t`Once the caller is verified by a code or the voice` },
            ]}
            value={String(verifyLevel)}
            allowDeselect={false}
            onChange={(value) => setVerifyLevel(Number(value ?? 0))}
          />
        </Stack>
      )}
      empty={
        <EmptyState
          icon={IconForms}
          title={t`No fields of your own yet`}
          example={t`For example: Contract number, Date of birth.`}
        >{t`A field added here stands on every customer's card at once.`}</EmptyState>
      }
    />
  );
}
