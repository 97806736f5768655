import { useLingui } from "@lingui/react/macro";
import { Checkbox, Select, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useDirectory } from "../../api/lists.ts";
import { contactMarks, contactOutcomes, type ContactsSearch } from "../../app/searches.ts";
import { DateField } from "../../ui/date-field.tsx";
import { FilterBar } from "../../ui/filter-bar.tsx";
import { normaliseInput } from "../../ui/format.ts";
import { outcomeWords } from "../desk/outcome-words.ts";
import { markWords } from "./contact-marks.tsx";
import { useMay } from "../session/session.ts";
import { isFiltered } from "./contacts-query.ts";

const SEARCH_AFTER_MS = 150;
type Filters = Omit<ContactsSearch, "contact">;
type Change = { readonly [K in keyof Filters]?: Filters[K] | null | undefined };

/** Days, queue, agent, outcome, number, not coded; all of it stands in the address. */
export function ContactFilters({
  search,
  onChange,
}: {
  readonly search: ContactsSearch;
  readonly onChange: (next: ContactsSearch) => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const { projectChoices, queueChoices, queues, personChoices } = useDirectory();
  const all = useMay()("contacts.readAll");
  const change = (given: Change): void => {
    const next = Object.entries({ ...search, ...given }).filter(
      ([, value]) => value !== undefined && value !== null && value !== "" && value !== false,
    );
    onChange(Object.fromEntries(next) as ContactsSearch);
  };
  const outcomes = contactOutcomes.map((value) => ({ value, label: i18n._(outcomeWords[value]) }));
  const nothing = t`Nothing found`;
  return (
    <FilterBar onClear={isFiltered(search) ? () => onChange(search.contact === undefined ? {} : { contact: search.contact }) : undefined}>
      <DateField label={t({ message: "From", context: "day" })} value={search.from ?? null} onChange={(from) => change({ from })} />
      <DateField label={t({ message: "To", context: "day" })} value={search.to ?? null} onChange={(to) => change({ to })} />
      {projectChoices.length > 0 && (
        <Select
          label={t`Project`}
          w={170}
          data={[...projectChoices]}
          value={search.projectId ?? null}
          onChange={(projectId) => change({ projectId, queueId: null })}
          clearable
          searchable
          placeholder={t({ message: "All", context: "filter, projects" })}
          nothingFoundMessage={nothing}
        />
      )}
      <Select
        label={t`Queue`}
        w={170}
        data={queueChoices.filter(
          ({ value }) =>
            search.projectId === undefined || queues.some((queue) => queue.queueId === value && queue.projectId === search.projectId),
        )}
        value={search.queueId ?? null}
        onChange={(queueId) => change({ queueId })}
        clearable
        searchable
        placeholder={t({ message: "All", context: "filter, queues" })}
        nothingFoundMessage={nothing}
      />
      {all && (
        <Select
          label={t`Agent`}
          w={170}
          data={personChoices}
          value={search.agentId ?? null}
          onChange={(agentId) => change({ agentId })}
          clearable
          searchable
          placeholder={t({ message: "All", context: "filter, people" })}
          nothingFoundMessage={nothing}
        />
      )}
      <Select
        label={t`Outcome`}
        w={170}
        data={outcomes}
        value={search.outcome ?? null}
        onChange={(value) => change({ outcome: contactOutcomes.find((each) => each === value) })}
        clearable
        placeholder={t({ message: "All", context: "filter, outcomes" })}
      />
      <Select
        label={t({ message: "Noticed", context: "filter, marks of calls" })}
        w={170}
        data={contactMarks.map((value) => ({ value, label: i18n._(markWords[value]) }))}
        value={search.mark ?? null}
        onChange={(value) => change({ mark: contactMarks.find((each) => each === value) })}
        clearable
        placeholder={t({ message: "All", context: "filter, marks of calls" })}
      />
      <NumberField value={search.number ?? ""} onChange={(number) => change({ number })} />
      <Checkbox
        label={t`Not coded`}
        mb={8}
        checked={search.notCoded === true}
        onChange={(event) => change({ notCoded: event.currentTarget.checked })}
      />
    </FilterBar>
  );
}

/** Typed freely; the list and the address follow when one pauses. */
function NumberField({ value, onChange }: { readonly value: string; readonly onChange: (number: string) => void }): ReactNode {
  const { t } = useLingui();
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextInput
      label={t`Number`}
      w={150}
      dir="ltr"
      inputMode="tel"
      data-search
      value={text}
      onChange={(event) => setText(normaliseInput(event.currentTarget.value))}
    />
  );
}
