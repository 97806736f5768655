import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Anchor, Text } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Problem } from "../../ui/problem.tsx";
import { browserOf, obstacleWords, refusalOf } from "./obstacle-words.ts";
import styles from "./test-call.module.css";
import type { Obstacle } from "./test-call-view.ts";

/** What is in the way, by name, with its remedies. */
export function ObstacleNote({ obstacle }: { readonly obstacle: Obstacle }): ReactNode {
  const { i18n } = useLingui();
  if (obstacle.kind === "request") return <Problem failure={obstacle.failure} />;
  const words = obstacleWords(obstacle, browserOf(navigator.userAgent));
  if (words === null) return null;
  const code = obstacle.kind === "server" ? obstacle.obstacle.code : obstacle.kind === "microphone" ? obstacle.problem : obstacle.kind;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertCircle aria-hidden />}
      role="alert"
      title={i18n._(words.title)}
      styles={{ message: { color: "var(--text)" }, title: { color: "var(--danger)" } }}
      data-testid="obstacle"
      data-code={code}
    >
      <ul className={styles["remedies"]}>
        {words.remedies.map((remedy) => (
          <li key={remedy.id}>{i18n._(remedy)}</li>
        ))}
      </ul>
      <Detail obstacle={obstacle} />
    </Alert>
  );
}

function Detail({ obstacle }: { readonly obstacle: Obstacle }): ReactNode {
  const { i18n } = useLingui();
  if (obstacle.kind === "microphone" && obstacle.problem === "insecure") {
    return (
      <Text size="sm" mt="xs">
        <Anchor href={`https://${location.host}/`} inherit>
          <bdi dir="ltr">https://{location.host}/</bdi>
        </Anchor>{" "}
        ·{" "}
        <Anchor href="/install" inherit>
          <Trans>How to trust this centre's certificate</Trans>
        </Anchor>
      </Text>
    );
  }
  if (obstacle.kind !== "server") return null;
  const { address, port, sipStatus, cause } = obstacle.obstacle;
  const refusal = refusalOf(obstacle.obstacle);
  return (
    <>
      {refusal !== null && (
        <Text size="sm" mt="xs">
          {i18n._(refusal)}
        </Text>
      )}
      {address !== null && (
        <Text size="sm" mt="xs">
          <Trans>
            Tried: <bdi dir="ltr">{port === null ? address : `${address}:${String(port)}`}</bdi>
          </Trans>
        </Text>
      )}
      {sipStatus !== null && (
        <Text size="sm" mt="xs">
          <Trans>
            SIP answer: <bdi dir="ltr">{cause === null ? String(sipStatus) : `${String(sipStatus)} ${cause}`}</bdi>
          </Trans>
        </Text>
      )}
    </>
  );
}
