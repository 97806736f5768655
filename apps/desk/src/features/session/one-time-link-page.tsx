import { Trans, useLingui } from "@lingui/react/macro";
import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { browserStorage, showLanguage } from "../../i18n/language.ts";
import { Problem } from "../../ui/problem.tsx";
import { useFormat } from "../../ui/use-format.ts";
import { SkeletonRows } from "../../ui/skeleton-rows.tsx";
import { EntryFrame } from "./entry-frame.tsx";
import { passwordLengthMin } from "./password-rule.ts";
import { enter } from "./session.ts";

/** An invitation or a password reset: sets the password and signs in. */
export function OneTimeLinkPage({ token }: { readonly token: string }): ReactNode {
  const { t } = useLingui();
  const link = useApi("linkGet", { params: { token } });
  const language = link.data?.language;
  useEffect(() => {
    // The invitation's language, unless this browser already has one of its own.
    if (language !== undefined && browserStorage()?.getItem("allo.language") === null) void showLanguage(language);
  }, [language]);
  const title = link.data?.purpose === "reset" ? t`Set a new password` : t`Welcome`;
  return (
    <EntryFrame title={title}>
      {link.isPending && <SkeletonRows rows={3} />}
      <Problem failure={link.error} />
      {link.data !== undefined && (
        <Stack gap="lg">
          <Text>
            {link.data.purpose === "reset" ? (
              <Trans>
                New password for <bdi>{link.data.name}</bdi> (<bdi dir="ltr">{link.data.email}</bdi>).
              </Trans>
            ) : (
              <Trans>
                <bdi>{link.data.organisationName}</bdi> invites <bdi>{link.data.name}</bdi>. You will sign in as{" "}
                <bdi dir="ltr">{link.data.email}</bdi>.
              </Trans>
            )}
          </Text>
          <PasswordForm token={token} />
        </Stack>
      )}
    </EntryFrame>
  );
}

function PasswordForm({ token }: { readonly token: string }): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const length = useFormat().number(passwordLengthMin);
  const [password, setPassword] = useState("");
  const use = useMutation({
    mutationFn: () => callApi("linkUse", { params: { token }, body: { password } }),
    onSuccess: async (me) => {
      await enter(queries, me);
      await navigate({ to: "/", replace: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    use.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <PasswordInput
          label={t`New password`}
          description={t`At least ${length} characters. A sentence is easy to remember and hard to guess.`}
          name="password"
          autoComplete="new-password"
          dir="ltr"
          required
          minLength={passwordLengthMin}
          autoFocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t`Show the password` }}
        />
        <Problem failure={use.error} />
        <Button type="submit" loading={use.isPending}>{t`Save and sign in`}</Button>
      </Stack>
    </form>
  );
}
