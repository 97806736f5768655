import type { ParamsOf } from "@allo/contract";
import { useLingui } from "@lingui/react/macro";
import { Alert, Button, FileButton, Progress } from "@mantine/core";
import { IconAlertCircle, IconUpload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { uploadFile } from "../../api/upload.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { promptProblem } from "./prompt-problem.ts";

type Place = ParamsOf<"promptReplace">;

/** Puts a WAV file in the place of what callers hear, and takes it back where a shipped one stands behind it. */
export function Replace({
  audioId,
  language,
  label,
  restorable = false,
  isNew = false,
}: Place & {
  readonly label: string;
  readonly restorable?: boolean;
  /** Nothing stands there yet. */ readonly isNew?: boolean;
}): ReactNode {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const restore = useApiMutation("promptRestore", ["promptsList"]);
  const [share, setShare] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const params: Place = { audioId, language };
  const send = (file: File | null): void => {
    if (file === null) return;
    setFailure(null);
    setShare(0);
    uploadFile("promptReplace", { params, file, onProgress: setShare })
      .then(() => toastDone(i18n, isNew ? t`Added: the next caller hears it.` : t`Replaced: the next caller hears it.`), setFailure)
      .finally(() => {
        setShare(null);
        void queries.invalidateQueries({ queryKey: ["promptsList"] });
      });
  };
  return (
    <>
      <FileButton accept="audio/wav,audio/x-wav,.wav" onChange={send}>
        {(given) => (
          <Button
            {...given}
            variant="default"
            size="compact-md"
            loading={share !== null}
            leftSection={<IconUpload size={16} aria-hidden />}
          >
            {label}
          </Button>
        )}
      </FileButton>
      {restorable && (
        <Button
          variant="subtle"
          size="compact-md"
          loading={restore.isPending}
          onClick={() => restore.mutate({ params }, { onSuccess: () => toastDone(i18n, t`The shipped one is heard again.`) })}
        >{t`Back to the shipped one`}</Button>
      )}
      <UploadShare share={share} />
      <UploadProblem failure={failure} />
      <Problem failure={restore.error} />
    </>
  );
}

/** How much of a file has gone; nothing where none is on its way. */
export function UploadShare({ share }: { readonly share: number | null }): ReactNode {
  const { t } = useLingui();
  const format = useFormat();
  return share === null ? null : <Progress value={share * 100} w="100%" aria-label={t`Sent: ${format.percent(share)}`} />;
}

/** Why a file wasn't taken: exactly where the server says so, else as any failure is told. */
export function UploadProblem({ failure }: { readonly failure: unknown }): ReactNode {
  const { i18n } = useLingui();
  const exact = promptProblem(failure);
  if (exact === null) return <Problem failure={failure} />;
  return (
    <Alert
      color="red"
      variant="light"
      w="100%"
      role="alert"
      icon={<IconAlertCircle aria-hidden />}
      styles={{ message: { color: "var(--text)" } }}
    >
      {i18n._(exact)}
    </Alert>
  );
}
