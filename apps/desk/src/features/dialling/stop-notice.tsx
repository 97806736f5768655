import type { DialState } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { IconPhoneOff } from "@tabler/icons-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { DateTime } from "../../ui/values.tsx";
import { useMay } from "../session/session.ts";
import { stopWords } from "./dial-words.ts";
import styles from "./dialling.module.css";

/** Outgoing calls are stopped: in every room, for who leads or sets up. */
export function StopNotice({ stop }: { readonly stop: NonNullable<DialState["stop"]> }): ReactNode {
  const { t, i18n } = useLingui();
  const format = useFormat();
  const may = useMay();
  const [lifting, setLifting] = useState(false);
  return (
    <div className={styles["notice"]} role="alert" data-testid="dial-stop">
      <IconPhoneOff size={18} aria-hidden />
      <span className={styles["grow"]}>
        <strong>{t`Outgoing calls are stopped.`}</strong> <bdi>{stopWords(stop, i18n, format)}</bdi>{" "}
        <span>
          {stop.byName !== null && (
            <>
              · <bdi>{stop.byName}</bdi>{" "}
            </>
          )}
          · <DateTime at={stop.at} show="row" /> ·
        </span>{" "}
        {t`Emergency numbers can be called.`}
      </span>
      {may("dialling.steer") && <Button size="compact-sm" variant="default" onClick={() => setLifting(true)}>{t`Let them go on…`}</Button>}
      <WithReason
        opened={lifting}
        route="dialLift"
        title={t`Let outgoing calls go on?`}
        about={t`Look first whether the calls were meant: the list of decisions in the setup shows who called where. Counting begins anew; if it goes on like this, calls stop again.`}
        confirm={t`Let them go on`}
        done={t`Outgoing calls go on.`}
        onClose={() => setLifting(false)}
      />
    </div>
  );
}

/** Stops or lifts, with a reason that stands in the list of changes. */
export function WithReason(props: {
  readonly opened: boolean;
  readonly route: "dialLift" | "dialStop";
  readonly title: string;
  readonly about: string;
  readonly confirm: string;
  readonly done: string;
  readonly onClose: () => void;
}): ReactNode {
  const { t, i18n } = useLingui();
  const write = useApiMutation(props.route, ["dialStateGet"]);
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    write.mutate(
      { body: { reason: reason.trim() } },
      {
        onSuccess: () => {
          toastDone(i18n, props.done);
          setReason("");
          props.onClose();
        },
      },
    );
  };
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} closeButtonProps={{ "aria-label": t`Close` }}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{props.about}</Text>
          <Textarea
            label={t`Reason`}
            description={t`Stands in the list of changes.`}
            required
            data-autofocus
            dir={reason === "" ? undefined : "auto"}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Problem failure={write.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={write.isPending} disabled={reason.trim() === ""}>
              {props.confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
