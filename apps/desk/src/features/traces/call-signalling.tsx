import { useLingui } from "@lingui/react/macro";
import { Button, Title } from "@mantine/core";
import { Suspense, useState, type ReactNode } from "react";
import { lazyPart } from "../../ui/lazy-part.ts";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";

const CallLadders = lazyPart(() => import("./call-ladders.tsx").then((module) => module.CallLadders));

/** The SIP messages of a call, fetched only when someone wants to look at them. */
export function CallSignalling({ contactId }: { readonly contactId: string }): ReactNode {
  const { t } = useLingui();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <section>
      <Title order={3}>{t`Signalling`}</Title>
      {isOpen ? (
        <Suspense fallback={<SkeletonRows rows={4} />}>
          <CallLadders contactId={contactId} />
        </Suspense>
      ) : (
        <Button mt="xs" variant="default" size="compact-sm" onClick={() => setIsOpen(true)}>{t`Show the SIP messages`}</Button>
      )}
    </section>
  );
}
