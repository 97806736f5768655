import { useLingui } from "@lingui/react/macro";
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { callApi } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { Problem } from "../../ui/problem.tsx";
import { GoTo } from "../../ui/go-to.tsx";
import { DemonstrationNotice } from "./demonstration.tsx";
import { EntryFrame } from "./entry-frame.tsx";
import { enter, useSession } from "./session.ts";

/** Signing in; on an empty machine it leads to the first setup instead. */
export function SignInPage(): ReactNode {
  const { t } = useLingui();
  const queries = useQueryClient();
  const session = useSession();
  const { next } = useSearch({ from: "/sign-in" });
  const setup = useApi("setupGet", {});
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => callApi("sessionCreate", { body: { email: email.trim(), password } }),
    onSuccess: (me) => enter(queries, me),
  });
  if (session.kind === "signedIn") return <GoTo href={next ?? "/"} />;
  if (setup.data?.state === "needed") return <GoTo href="/first-setup" />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <EntryFrame title={t`Sign in`}>
      <DemonstrationNotice />
      <form onSubmit={submit}>
        <Stack gap="lg">
          <TextInput
            label={t`E-mail`}
            type="email"
            name="email"
            autoComplete="username"
            dir="ltr"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t`Password`}
            name="password"
            autoComplete="current-password"
            dir="ltr"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": t`Show the password` }}
          />
          <Problem failure={signIn.error} />
          <Button type="submit" loading={signIn.isPending}>
            {t({ message: "Sign in", context: "button" })}
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
