import { useLingui } from "@lingui/react/macro";
import { Button, Code, CopyButton, Group } from "@mantine/core";
import { Fragment, type ReactNode } from "react";

/** A technical value, left to right in every language, with a button that copies it. */
export function CopyLine({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
  return (
    <Group gap="xs" wrap="nowrap" align="start">
      <Code dir="ltr" style={{ overflowWrap: "anywhere", flex: 1, minInlineSize: 0, padding: "4px 8px" }}>
        {value.split(/(?<=:)(?!\/)/u).map((part, index) => (
          // A fingerprint may end a line after each colon.
          <Fragment key={index}>
            {part}
            <wbr />
          </Fragment>
        ))}
      </Code>
      <CopyValue value={value} label={label} />
    </Group>
  );
}

/** The button alone. */
export function CopyValue({ value, label }: { readonly value: string; readonly label: string }): ReactNode {
  const { t } = useLingui();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy} aria-label={t`Copy: ${label}`}>
          {copied ? t`Copied` : t({ message: "Copy", context: "button" })}
        </Button>
      )}
    </CopyButton>
  );
}
