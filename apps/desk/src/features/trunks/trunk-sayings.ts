import { useLingui } from "@lingui/react/macro";
import { useApi } from "../../api/queries.ts";
import { NOTHING, sayParts, sayPartsOrNone, useSayings, type FieldWords } from "../../ui/field-words.ts";
import { useFormat } from "../../ui/use-format.ts";
import type { TrunkDraft } from "./trunk-draft.ts";
import { useHabitSayings } from "./trunk-habit-words.ts";
import { kindNames } from "./trunk-words.ts";

type Rules = TrunkDraft["rules"]["dialled"];

/** Each field of a trunk with its value in words, for who has to choose between two. */
export function useTrunkSayings(): FieldWords<TrunkDraft> {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const { text, number, yesNo, list, pem } = useSayings();
  const habits = useHabitSayings();
  const numbers = useApi("numbersList", {}).data?.items ?? [];
  const projects = useApi("projectsList", {}).data?.items ?? [];
  const rank = t({ message: "Rank", context: "of a server" });
  const weight = t({ message: "Weight", context: "of a server" });
  const target = ({ host, port, transport, priority, weight: share }: TrunkDraft["targets"][number]): string => {
    const address = `${host}${port === null ? "" : `:${String(port)}`}${transport === null ? "" : ` ${transport.toUpperCase()}`}`;
    return `\u2066${address}\u2069 (${rank} ${format.number(priority)}, ${weight} ${format.number(share)})`;
  };
  const rules = (each: Rules): string =>
    list(
      each.map(
        ({ match, strip, prepend }) =>
          `\u2066${match}\u2069 → ${t`Take away`} ${format.number(strip)}, ${t`Put in front`} ${text(prepend)}`,
      ),
    );
  const choices: Readonly<Record<TrunkDraft["callerIds"]["choice"], string>> = {
    passThrough: t`The number that the call is made with`,
    fixed: t`Always the same number`,
    rotate: t`Each call the next number of the list`,
    perProject: t`The number of the project`,
  };
  const shown = ({ number: of, projectId }: TrunkDraft["callerIds"]["numbers"][number]): string => {
    const project = projects.find((each) => each.projectId === projectId);
    return `\u2066${of}\u2069${project === undefined ? "" : ` (${project.name})`}`;
  };
  return {
    name: { label: t({ message: "Name", context: "of a thing" }), say: text },
    kind: { label: t`How you and the carrier know each other`, say: (kind) => i18n._(kindNames[kind]) },
    enabled: { label: t`In use`, say: yesNo },
    targets: { label: t`Addresses of the carrier`, say: (targets) => (targets.length === 0 ? NOTHING : targets.map(target).join(", ")) },
    account: {
      label: t`Account`,
      say: sayPartsOrNone<NonNullable<TrunkDraft["account"]>>({
        user: { label: t({ message: "User", context: "of an account" }), say: text },
        authUser: { label: t`User for the password`, say: text },
        realm: { label: t`Realm`, say: text },
      }),
    },
    domain: { label: t`Domain`, say: text },
    fromDomain: { label: t`Domain in From`, say: text },
    registrationSeconds: { label: t`Registration is asked for, in seconds`, say: number },
    externalAddress: { label: t`External address`, say: text },
    networks: { label: t`Networks that calls come from`, say: list },
    allNumbers: { label: t`All numbers come by this trunk`, say: yesNo },
    numberIds: {
      label: t`Numbers of this trunk`,
      say: (numberIds) =>
        list(
          numberIds.map((numberId) => {
            const found = numbers.find((each) => each.numberId === numberId);
            return found === undefined ? NOTHING : format.phone(found.e164 ?? found.number);
          }),
        ),
    },
    rules: {
      label: t`Number rules`,
      say: sayParts<TrunkDraft["rules"]>({
        dialled: { label: t`Numbers that you dial`, say: rules },
        callerOut: { label: t`Your number, as the called sees it`, say: rules },
        reached: { label: t`Numbers that callers dial`, say: rules },
        callerIn: { label: t`Numbers of callers`, say: rules },
      }),
    },
    callerIds: {
      label: t`Number shown to the called`,
      say: sayParts<TrunkDraft["callerIds"]>({
        choice: { label: t`What is shown`, say: (choice) => choices[choice] },
        numbers: { label: t`Number`, say: (each) => (each.length === 0 ? NOTHING : each.map(shown).join(", ")) },
      }),
    },
    limits: {
      label: t`Limits`,
      say: sayParts<TrunkDraft["limits"]>({
        callsMax: { label: t`Most calls at once`, say: number },
        callsPerSecond: { label: t`Most new calls a second`, say: number },
      }),
    },
    tls: {
      label: t`Certificate of the carrier`,
      say: sayParts<TrunkDraft["tls"]>({
        caPem: { label: t`Authority of the carrier's certificate`, say: pem },
        fingerprint: { label: t`Fingerprint of the carrier's certificate`, say: text },
      }),
    },
    habits: { label: t`Habits of the carrier`, say: sayParts(habits) },
  };
}
