import type { PresetItem } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { useLanguage } from "../../i18n/language.ts";
import { localized } from "../../ui/format.ts";
import { isolate } from "../../ui/isolate.ts";
import { useFormat } from "../../ui/use-format.ts";
import { permissionNames } from "../people/permission-words.ts";
import { weekWords } from "../setup/hours-words.ts";
import styles from "./presets.module.css";

/** Stands in greeting words of the wizard's list, where no organisation is known yet. */
const NAME_PLACE = "{name}";

/** What a part will be, in one or two short sentences. */
export function PresetDetails({ item, organisationName }: { readonly item: PresetItem; readonly organisationName: string }): ReactNode {
  const sentences = useSentences(item, organisationName);
  if (sentences.length === 0) return null;
  return <span className={styles["details"]}>{sentences.join(" ")}</span>;
}

function useSentences({ kind, details }: PresetItem, organisationName: string): readonly string[] {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const language = useLanguage((state) => state.language);
  const seconds = (value = 0): string => format.duration(value * 1_000);
  switch (kind) {
    case "hours":
      return details.week === undefined ? [] : [`${weekWords(details.week, i18n, format)}.`];
    case "queue": {
      const [target, wrapUp] = [seconds(details.serviceLevelSeconds), seconds(details.wrapUpSeconds)];
      const words = details.greetingWords === undefined ? "" : localized(details.greetingWords, language);
      const greeting = isolate(words.replace(NAME_PLACE, organisationName));
      const project = details.project === undefined ? "" : isolate(localized(details.project, language));
      return [
        ...(project === "" ? [] : [t`Project: ${project}.`]),
        t`Answered within ${target}, wrap-up ${wrapUp}.`,
        ...(words === "" ? [] : [t`Agents greet: “${greeting}”`]),
      ];
    }
    case "number": {
      const queue = details.queue === undefined ? "" : isolate(localized(details.queue, language));
      const hours = details.hours == null ? "" : isolate(localized(details.hours, language));
      return [...(queue === "" ? [] : [t`Leads to ${queue}.`]), ...(hours === "" ? [] : [t`Hours: ${hours}.`])];
    }
    case "reason": {
      if (details.maxMinutes == null) return [t`Without a limit.`];
      const minutes = format.number(details.maxMinutes);
      return [t`Up to ${minutes} min.`];
    }
    case "role": {
      const about = details.description === undefined ? "" : localized(details.description, language);
      const may = format.list((details.permissions ?? []).map((permission) => i18n._(permissionNames[permission])));
      return [about, t`May: ${may}.`];
    }
    case "customerField":
      return [
        {
          text: t({ message: "Text", context: "type of a field" }),
          number: t({ message: "Number", context: "type of a field" }),
          date: t({ message: "Date", context: "type of a field" }),
        }[details.type ?? "text"],
      ];
    case "project":
    case "skill":
    case "wrapUpCode":
      return [];
    default:
      return kind satisfies never;
  }
}
