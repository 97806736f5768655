import type { LocalizedText } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Modal, Stack } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { emptyLocalizedText, LocalizedTextFields } from "../../ui/localized-text-fields.tsx";
import { Problem } from "../../ui/problem.tsx";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { allNames } from "./queue-words.ts";
import styles from "./setup.module.css";

export type NamedThing = {
  readonly id: string;
  readonly names: LocalizedText;
  readonly retired: boolean;
  readonly version: number;
  readonly beside?: string;
  /** The program's own: can't be retired. */ readonly fixed?: boolean;
};
export type NamedSectionProps = {
  readonly addLabel: string;
  readonly nameLabel: string;
  readonly about: string;
  readonly empty: ReactNode;
  readonly things: readonly NamedThing[] | undefined;
  readonly failure: unknown;
  readonly onRetry: () => unknown;
  /** Creates (null) or changes. `extra` draws what the form holds besides the name. */
  readonly onSave: (thing: NamedThing | null, names: LocalizedText, done: () => void) => void;
  readonly saving: { readonly pending: boolean; readonly failure: unknown };
  readonly extra?: (thing: NamedThing | null) => ReactNode;
  readonly onRetire: (thing: NamedThing, name: string) => void;
  readonly onMove?: (thing: NamedThing, neighbour: NamedThing) => void;
  readonly onOpen?: (thing: NamedThing | null) => void;
};

/** A short list of named things: add, rename, order, retire and use again. */
export function NamedSection(props: NamedSectionProps): ReactNode {
  const { t } = useLingui();
  const language = useLanguage((state) => state.language);
  const [open, setOpen] = useState<NamedThing | "new" | null>(null);
  if (props.things === undefined)
    return props.failure === null ? <SkeletonRows rows={6} height={36} /> : <Problem failure={props.failure} onRetry={props.onRetry} />;
  const show = (what: NamedThing | "new"): void => {
    props.onOpen?.(what === "new" ? null : what);
    setOpen(what);
  };
  const used = props.things.filter((thing) => !thing.retired);
  const shown = [...used, ...props.things.filter((thing) => thing.retired)];
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => show("new")}>
      {props.addLabel}
    </Button>
  );
  return (
    <>
      <p className={`${styles["sentence"] ?? ""} ${styles["quiet"] ?? ""}`}>{props.about}</p>
      {shown.length === 0 ? (
        <>
          {props.empty}
          <Group justify="center">{add}</Group>
        </>
      ) : (
        <div>{add}</div>
      )}
      <Stack gap="xs">
        {shown.map((thing) => {
          const name = localized(thing.names, language);
          const at = used.indexOf(thing);
          const [above, below] = [used[at - 1], used[at + 1]];
          return (
            <div key={thing.id} className={styles["line"]} data-retired={thing.retired} data-testid="named">
              <span className={styles["grow"]} title={allNames(thing.names)}>
                <bdi>{name}</bdi>
                {thing.beside !== undefined && <span className={styles["quiet"]}> · {thing.beside}</span>}
                {thing.retired && <span className={styles["quiet"]}> · {t({ message: "retired", context: "a thing" })}</span>}
              </span>
              {props.onMove !== undefined && at >= 0 && (
                <>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={above === undefined}
                    aria-label={t`Move up: ${name}`}
                    onClick={() => above !== undefined && props.onMove?.(thing, above)}
                  >
                    <IconArrowUp size={16} aria-hidden />
                  </ActionIcon>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    disabled={below === undefined}
                    aria-label={t`Move down: ${name}`}
                    onClick={() => below !== undefined && props.onMove?.(thing, below)}
                  >
                    <IconArrowDown size={16} aria-hidden />
                  </ActionIcon>
                </>
              )}
              {!thing.retired && (
                <Button variant="default" size="compact-sm" onClick={() => show(thing)}>
                  {t({ message: "Change", context: "button" })}
                </Button>
              )}
              {thing.fixed !== true && (
                <Button variant="subtle" size="compact-sm" onClick={() => props.onRetire(thing, name)}>
                  {thing.retired ? t({ message: "Use again", context: "button" }) : t({ message: "Retire", context: "button, a thing" })}
                </Button>
              )}
            </div>
          );
        })}
      </Stack>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open === "new" ? props.addLabel : open === null ? "" : <bdi>{localized(open.names, language)}</bdi>}
        closeButtonProps={{ "aria-label": t`Close` }}
      >
        {open !== null && (
          <NamesForm
            key={open === "new" ? "new" : open.id}
            thing={open === "new" ? null : open}
            section={props}
            onDone={() => setOpen(null)}
          />
        )}
      </Modal>
    </>
  );
}

function NamesForm({
  thing,
  section,
  onDone,
}: {
  readonly thing: NamedThing | null;
  readonly section: NamedSectionProps;
  readonly onDone: () => void;
}): ReactNode {
  const { t } = useLingui();
  const [names, setNames] = useState<LocalizedText>(thing?.names ?? emptyLocalizedText);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    section.onSave(thing, names, onDone);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <LocalizedTextFields label={section.nameLabel} value={names} onChange={setNames} />
        {section.extra?.(thing)}
        <Problem failure={section.saving.failure} />
        <Group justify="flex-end">
          <Button type="submit" loading={section.saving.pending}>{t`Save`}</Button>
        </Group>
      </Stack>
    </form>
  );
}
