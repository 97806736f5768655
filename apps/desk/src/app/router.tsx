import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, type RouterHistory } from "@tanstack/react-router";
import {
  readContactsSearch,
  readCustomersSearch,
  readInternalCallsSearch,
  readLostCallsSearch,
  readPeopleSearch,
  readRecordingGapsSearch,
  readTestCallSearch,
} from "./searches.ts";
import { allWords } from "../i18n/language.ts";
import { RoomFailure } from "../ui/room-boundary.tsx";
import { NotFoundPage } from "./shell/not-found-page.tsx";
import { HomeRedirect } from "./shell/home-redirect.tsx";
import { Shell } from "./shell/shell.tsx";

/** A room that comes with all words: the first load has only those of the desk. */
function worded<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return () => Promise.all([load(), allWords()]).then(([module]) => module);
}

const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  // For the shell itself and the pages outside it; a room's failure stays in the room (ui/room-boundary.tsx).
  errorComponent: ({ reset }) => <RoomFailure onRetry={reset} />,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => (isOwnPath(search["next"]) ? { next: search["next"] } : {}),
  component: lazyRouteComponent(
    worded(() => import("../features/session/sign-in-page.tsx")),
    "SignInPage",
  ),
});
const linkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/link/$token",
  component: lazyRouteComponent(
    worded(() => import("../features/session/link-route.tsx")),
    "LinkRoute",
  ),
});
const firstSetupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/first-setup",
  component: lazyRouteComponent(
    worded(() => import("../features/setup-wizard/setup-wizard-page.tsx")),
    "SetupWizardPage",
  ),
});

/** Everything inside: the rail, the top bar, the call bar. */
export const shellRoute = createRoute({ getParentRoute: () => rootRoute, id: "shell", component: Shell });
const homeRoute = createRoute({ getParentRoute: () => shellRoute, path: "/", component: HomeRedirect });
const deskRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/desk",
  component: lazyRouteComponent(() => import("../features/desk/desk-room.tsx"), "DeskRoom"),
});
const testCallRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/test-call",
  validateSearch: readTestCallSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/test-call/test-call-room.tsx")),
    "TestCallRoom",
  ),
});
const floorRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/floor",
  component: lazyRouteComponent(
    worded(() => import("../features/floor/floor-room.tsx")),
    "FloorRoom",
  ),
});
const contactsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/contacts",
  validateSearch: readContactsSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/contacts/contacts-room.tsx")),
    "ContactsRoom",
  ),
});
const contactRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/contacts/$contactId",
  component: lazyRouteComponent(
    worded(() => import("../features/contacts/contact-page.tsx")),
    "ContactPageRoute",
  ),
});
const recordingGapsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/recording-gaps",
  validateSearch: readRecordingGapsSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/recording-gaps/recording-gaps-room.tsx")),
    "RecordingGapsRoom",
  ),
});
const internalCallsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/internal-calls",
  validateSearch: readInternalCallsSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/internal-calls/internal-calls-room.tsx")),
    "InternalCallsRoom",
  ),
});
const lostCallsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/lost-calls",
  validateSearch: readLostCallsSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/lost-calls/lost-calls-room.tsx")),
    "LostCallsRoom",
  ),
});
const customersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/customers",
  validateSearch: readCustomersSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/customers/customers-room.tsx")),
    "CustomersRoom",
  ),
});
const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/people",
  validateSearch: readPeopleSearch,
  component: lazyRouteComponent(
    worded(() => import("../features/people/people-room.tsx")),
    "PeopleRoom",
  ),
});
const setupRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/setup",
  component: lazyRouteComponent(
    worded(() => import("../features/setup/setup-room.tsx")),
    "SetupHome",
  ),
});
const setupSectionRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/setup/$section",
  component: lazyRouteComponent(
    worded(() => import("../features/setup/setup-room.tsx")),
    "SetupRoom",
  ),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  linkRoute,
  firstSetupRoute,
  shellRoute.addChildren([
    homeRoute,
    deskRoute,
    testCallRoute,
    floorRoute,
    contactsRoute,
    contactRoute,
    recordingGapsRoute,
    internalCallsRoute,
    lostCallsRoute,
    customersRoute,
    peopleRoute,
    setupRoute,
    setupSectionRoute,
  ]),
]);

// The tree's type is inferred whole; naming it would write every route twice.
export function createDeskRouter(history: RouterHistory) {
  return createRouter({ routeTree, history, defaultPreload: "intent", scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDeskRouter>;
  }
}

/** Only paths of our own are gone on to after signing in. */
function isOwnPath(value: unknown): value is string {
  return typeof value === "string" && /^\/(?![/\\])/u.test(value);
}
