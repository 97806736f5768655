import { useLingui } from "@lingui/react/macro";
import { useDirectory } from "../../api/lists.ts";
import { useApi } from "../../api/queries.ts";
import { useFormat } from "../../ui/use-format.ts";
import { allNames, outgoingWords, type ShowWords } from "./queue-words.ts";
import { useAudio } from "./use-audio.ts";

/** How values of the setup are written in the language of the screen. */
export function useShowWords(): ShowWords {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { name } = useAudio();
  const { skillName, projectName } = useDirectory();
  const recorders = useApi("recordersList", {});
  return {
    seconds: (value) => format.duration(value * 1_000),
    count: format.number,
    yesNo: (value) => (value ? t`yes` : t`no`),
    names: allNames,
    audio: name,
    skill: skillName,
    project: projectName,
    recordFrom: (value) => (value === "answer" ? t`the end of the greeting, waiting included` : t`an agent's answer`),
    recorder: (recorderId) =>
      recorderId === null
        ? t({ message: "None", context: "no recorder elsewhere" })
        : (recorders.data?.items.find((each) => each.recorderId === recorderId)?.name ?? "…"),
    outgoing: (value) => i18n._(outgoingWords[value]),
    none: t({ message: "none", context: "no skills" }),
  };
}
