import { useLingui } from "@lingui/react/macro";
import { Button, Group, Text, TextInput } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { Phone } from "../../ui/values.tsx";
import styles from "../setup/setup.module.css";
import { countryName, dialReasonWords } from "./dial-words.ts";
import own from "./dialling.module.css";

/** Says whether a number could be called now, by the rules as they are saved. */
export function TryNumber(): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const trial = useApiMutation("dialTry");
  const [destination, setDestination] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    trial.mutate({ body: { destination: destination.trim() } });
  };
  const said = trial.data;
  return (
    <form onSubmit={submit} className={styles["card"]}>
      <Group align="end" gap="sm">
        <TextInput
          label={t`Can this number be called?`}
          description={t`By the rules as they are saved, at this moment. Nothing is dialled.`}
          dir="ltr"
          inputMode="tel"
          maxLength={40}
          w={280}
          maw="100%"
          value={destination}
          onChange={(event) => {
            setDestination(event.currentTarget.value);
            trial.reset();
          }}
        />
        <Button type="submit" variant="default" loading={trial.isPending} disabled={destination.trim() === ""}>{t`Check`}</Button>
      </Group>
      <Problem failure={trial.error} />
      <div role="status" className={own["verdict"]} data-testid="dial-verdict">
        {said !== undefined && (
          <>
            <Group gap="xs">
              {said.allowed ? <IconCircleCheck size={18} aria-hidden /> : <IconCircleX size={18} aria-hidden />}
              <Text size="sm">
                <strong>{said.allowed ? t`Yes, it can be called.` : t`No, it can't be called.`}</strong>{" "}
                {said.emergency ? t`It is an emergency number.` : said.e164 !== null && <Phone number={said.e164} />}
                {!said.emergency && said.country !== null && (
                  <>
                    {" "}
                    · <bdi>{countryName(said.country, format.language)}</bdi>
                  </>
                )}
              </Text>
            </Group>
            {said.reasons.length > 0 && (
              <ul>
                {said.reasons.map((reason) => (
                  <li key={`${reason.code} ${reason.scope ?? ""} ${reason.cap ?? ""}`}>{dialReasonWords(reason, i18n, format)}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
    </form>
  );
}
