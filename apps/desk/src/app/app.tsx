import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { DirectionProvider, localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { setApiPorts } from "../api/client.ts";
import { createQueryClient } from "../api/queries.ts";
import { signedOutKey } from "../features/session/session.ts";
import { useLanguage } from "../i18n/language.ts";
import { ClockProvider } from "../ui/clock.tsx";
import { MessagesPlace } from "../ui/messages-place.tsx";
import { cssVariables, themeFor } from "../ui/theme.ts";
import { DirectionFollowsLanguage } from "./direction.tsx";
import { createDeskRouter } from "./router.tsx";

const colourSchemes = localStorageColorSchemeManager({ key: "allo.theme" });

/** The whole desk; tests give a memory history. */
export function App({ history }: { readonly history: RouterHistory }): ReactNode {
  const direction = useLanguage((state) => state.direction);
  const [queries] = useState(createQueryClient);
  const [router] = useState(() => createDeskRouter(history));
  // A 401 in mid-work means that the session ended elsewhere: the shell then shows the sign-in page.
  useEffect(() => setApiPorts({ onSignedOut: () => queries.setQueryData(signedOutKey, null) }), [queries]);
  return (
    <I18nProvider i18n={i18n}>
      <DirectionProvider initialDirection={direction} detectDirection={false}>
        <DirectionFollowsLanguage>
          <MantineProvider
            theme={themeFor(direction)}
            cssVariablesResolver={cssVariables}
            defaultColorScheme="auto"
            colorSchemeManager={colourSchemes}
          >
            <QueryClientProvider client={queries}>
              <ClockProvider>
                <MessagesPlace />
                <RouterProvider router={router} />
              </ClockProvider>
            </QueryClientProvider>
          </MantineProvider>
        </DirectionFollowsLanguage>
      </DirectionProvider>
    </I18nProvider>
  );
}
