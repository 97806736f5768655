import type { Colleague } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPhone } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useApi } from "../../api/queries.ts";
import { normaliseInput } from "../../ui/format.ts";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import styles from "./call-parties.module.css";
import { useDeskAct } from "./use-desk.ts";

const NAME_CHARS_MAX = 100;
const SEARCH_AFTER_MS = 200;
/** Presence moves while one looks. */
const LOOK_AGAIN_MS = 3_000;

/**
 * Finds a colleague by name, with who is free now, and calls them. Enter calls the one who is chosen, or the only one found; the arrows go
 * from the name into the list.
 */
export function ColleaguesDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [sought] = useDebouncedValue(normaliseInput(text).trim(), SEARCH_AFTER_MS);
  const list = useApi("colleaguesList", { query: sought === "" ? {} : { q: sought } }, { keepPrevious: true, everyMs: LOOK_AGAIN_MS });
  const place = useDeskAct("internalCallPlace");
  const found = useRef<HTMLDivElement>(null);
  const colleagues = list.data?.items ?? [];
  const free = colleagues.filter(({ available }) => available);
  const wanted = free.find(({ personId }) => personId === chosen) ?? (free.length === 1 ? free[0] : undefined);
  const call = (): void => {
    if (wanted !== undefined && !place.isPending) place.mutate({ body: { personId: wanted.personId } }, { onSuccess: onClose });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" || free.length === 0) return;
    event.preventDefault();
    const [first] = free;
    if (wanted === undefined && first !== undefined) setChosen(first.personId);
    found.current?.querySelector<HTMLInputElement>(`input[value="${wanted?.personId ?? first?.personId ?? ""}"]`)?.focus();
  };
  return (
    <Modal opened onClose={onClose} title={t`Call a colleague`} size="lg" closeButtonProps={{ "aria-label": t`Close` }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          call();
        }}
      >
        <Stack>
          <TextInput
            label={t`Colleague`}
            description={t`Any part of the name.`}
            dir={text === "" ? undefined : "auto"}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKey}
            maxLength={NAME_CHARS_MAX}
            autoComplete="off"
            data-autofocus
          />
          {list.isPending && <SkeletonRows rows={4} />}
          {list.error !== null && list.data === undefined && <Problem failure={list.error} />}
          {list.data !== undefined && (
            <div ref={found}>
              <Found colleagues={colleagues} chosen={wanted?.personId ?? null} onChoose={setChosen} />
            </div>
          )}
          <Group justify="flex-end">
            <Anchor component={Link} to="/internal-calls" size="sm" me="auto">
              {t`Calls with colleagues`}
            </Anchor>
            <Button variant="default" onClick={onClose}>{t`Cancel`}</Button>
            <Button
              type="submit"
              disabled={wanted === undefined}
              loading={place.isPending}
              leftSection={<IconPhone size={18} aria-hidden />}
            >
              {t({ message: "Call", context: "button" })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Found({
  colleagues,
  chosen,
  onChoose,
}: {
  readonly colleagues: readonly Colleague[];
  readonly chosen: string | null;
  readonly onChoose: (personId: string) => void;
}): ReactNode {
  const { t } = useLingui();
  if (colleagues.length === 0) return <Text size="sm" c="dimmed" role="status">{t`Nobody by this name.`}</Text>;
  return (
    <Radio.Group aria-label={t`Colleagues found`} value={chosen ?? ""} onChange={onChoose}>
      <div className={styles["targets"]}>
        {colleagues.map(({ personId, name, state, available }) => (
          <div key={personId} className={styles["target"]}>
            <Radio value={personId} disabled={!available} label={<bdi>{name}</bdi>} />
            <StateBadge state={state} />
          </div>
        ))}
      </div>
    </Radio.Group>
  );
}
