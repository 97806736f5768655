import type { Language } from "@allo/contract";
import { useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { callApi } from "../../api/client.ts";
import { showLanguage } from "../../i18n/language.ts";
import { renew, useMe } from "./session.ts";

export type Theme = "light" | "dark" | "system";

/** Language and theme of the person: shown at once, remembered by the server. */
export function usePrefer(): { readonly language: (language: Language) => void; readonly theme: (theme: Theme) => void } {
  const queries = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const save = useMutation({
    mutationFn: (wish: { language?: Language; theme?: Theme }) => callApi("sessionPatch", { body: wish }),
    onSuccess: (me) => renew(queries, me),
  });
  return {
    language: (language) => {
      void showLanguage(language);
      save.mutate({ language });
    },
    theme: (theme) => {
      setColorScheme(theme === "system" ? "auto" : theme);
      save.mutate({ theme });
    },
  };
}

/** Takes the theme that the person chose elsewhere. */
export function useOwnTheme(): void {
  const { theme } = useMe();
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => setColorScheme(theme === "system" ? "auto" : theme), [theme, setColorScheme]);
}
