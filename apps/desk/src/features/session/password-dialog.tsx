import { useLingui } from "@lingui/react/macro";
import { Button, Modal, PasswordInput, Stack } from "@mantine/core";
import { useState, type FormEvent, type ReactNode } from "react";
import { useApiMutation } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { toastDone } from "../../ui/toasts.tsx";
import { passwordLengthMin } from "./password-rule.ts";

/** Changes one's own password; other sessions of the person end. */
export function PasswordDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t, i18n } = useLingui();
  const change = useApiMutation("passwordChange");
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate(
      { body: { current, next } },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
          onClose();
          toastDone(i18n, t`The password is changed. Your other sessions have ended.`);
        },
      },
    );
  };
  const reveal = { "aria-label": t`Show the password` };
  return (
    <Modal opened={opened} onClose={onClose} title={t`Change password`} closeButtonProps={{ "aria-label": t`Close` }}>
      <form onSubmit={submit}>
        <Stack>
          <PasswordInput
            label={t`Current password`}
            autoComplete="current-password"
            dir="ltr"
            required
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            visibilityToggleButtonProps={reveal}
          />
          <PasswordInput
            label={t`New password`}
            autoComplete="new-password"
            dir="ltr"
            required
            minLength={passwordLengthMin}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            visibilityToggleButtonProps={reveal}
          />
          <Problem failure={change.error} />
          <Button type="submit" loading={change.isPending}>{t`Save`}</Button>
        </Stack>
      </form>
    </Modal>
  );
}
