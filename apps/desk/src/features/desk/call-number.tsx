import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { IconPhoneOutgoing } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "../session/session.ts";
import { useDesk, useDeskAct } from "./use-desk.ts";

/** Calls this number at once, wherever it stands on the screen; `onPlaced` when it is under way. */
export function CallNumber({
  number,
  queueId = null,
  projectId = null,
  lostCallId = null,
  onPlaced,
}: {
  readonly number: string;
  readonly queueId?: string | null;
  /** For any queue of this project. */
  readonly projectId?: string | null;
  readonly lostCallId?: string | null;
  readonly onPlaced?: () => void;
}): ReactNode {
  const { t } = useLingui();
  const may = useMay();
  const desk = useDesk();
  const navigate = useNavigate();
  const place = useDeskAct("callPlace");
  if (!may("desk.work") || desk === undefined || desk.state === "offline") return null;
  if (desk.contact !== null || desk.internalCall !== null) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      disabled={!desk.phone.proven}
      aria-label={t`Call ${number}`}
      title={desk.phone.proven ? undefined : t`Your phone isn't connected yet: go ready once, and it stays.`}
      loading={place.isPending}
      leftSection={<IconPhoneOutgoing size={14} aria-hidden />}
      onClick={() =>
        place.mutate(
          {
            body: {
              number,
              ...(queueId === null ? {} : { queueId }),
              ...(projectId === null ? {} : { projectId }),
              ...(lostCallId === null ? {} : { lostCallId }),
            },
          },
          {
            onSuccess: () => {
              onPlaced?.();
              void navigate({ to: "/desk" });
            },
          },
        )
      }
    >
      {t({ message: "Call", context: "button" })}
    </Button>
  );
}
