import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Code, CopyButton, Group, Text } from "@mantine/core";
import { IconCopy, IconLink } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/values.tsx";

export type LinkFor = { readonly url: string; readonly expiresAt: number; readonly name: string };

/** A link by which someone sets a password: shown once, to be handed over. */
export function OneTimeLinkNotice({ link }: { readonly link: LinkFor }): ReactNode {
  const { t } = useLingui();
  return (
    <Alert
      color="accent"
      variant="light"
      icon={<IconLink aria-hidden />}
      title={t`Send this link to ${link.name}`}
      styles={{ message: { color: "var(--text)" } }}
      data-testid="one-time-link"
    >
      <Text size="sm">
        <Trans>
          It is shown only now, works once, and ends <DateTime at={link.expiresAt} />. Whoever opens it sets the password: send it only to
          the person.
        </Trans>
      </Text>
      <Code block dir="ltr" mt="sm" style={{ overflowWrap: "anywhere", whiteSpace: "normal" }}>
        {link.url}
      </Code>
      <Group mt="sm">
        <CopyButton value={link.url}>
          {({ copied, copy }) => (
            <Button size="compact-md" leftSection={<IconCopy size={16} aria-hidden />} onClick={copy} data-autofocus>
              {copied ? t`Copied` : t`Copy the link`}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
