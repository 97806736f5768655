import type { LiveTopic, RouteName } from "@allo/contract";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { topicState } from "./live-machine.ts";
import { browserLivePorts, createLiveClient, useLive } from "./live-client.ts";

const client = createLiveClient(browserLivePorts);
const wantedBy = new Map<LiveTopic, number>();
/** The live connection may be dead: the first that answers is kept, this one or another. */
export const doubtLive = (): void => client.doubt();
const tellWanted = (): void => client.want([...wantedBy.keys()]);

/** Subscribes to a topic while a screen is up, and gives its last known state. */
export function useTopic<T extends LiveTopic>(topic: T, enabled = true): ReturnType<typeof topicState<T>> {
  useEffect(() => {
    if (!enabled) return undefined;
    wantedBy.set(topic, (wantedBy.get(topic) ?? 0) + 1);
    tellWanted();
    return () => {
      const left = (wantedBy.get(topic) ?? 1) - 1;
      if (left > 0) wantedBy.set(topic, left);
      else wantedBy.delete(topic);
      tellWanted();
    };
  }, [topic, enabled]);
  return useLive((state) => topicState(state, topic));
}

const setupLists: readonly RouteName[] = [
  "queuesList",
  "queueMembersGet",
  "numbersList",
  "wrapUpCodesList",
  "reasonsList",
  "skillsList",
  "promptsList",
  "peopleList",
  "devicesList",
  "projectsList",
  "hoursList",
  "customerFieldsList",
  "rolesList",
  "presetApplicationsList",
  "dialPolicyGet",
  "dialStateGet",
];

/** Keeps the live connection while someone is signed in; changes of the setup make its lists be fetched again. */
export function LiveProvider({
  signedIn,
  onSessionEnded,
  children,
}: {
  readonly signedIn: boolean;
  readonly onSessionEnded: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const queries = useQueryClient();
  useEffect(() => {
    if (!signedIn) return undefined;
    client.start();
    globalThis.addEventListener("online", doubtLive);
    return () => {
      globalThis.removeEventListener("online", doubtLive);
      client.stop();
    };
  }, [signedIn]);
  const setupVersion = useTopic("setup", signedIn)?.version;
  useEffect(() => {
    if (setupVersion === undefined) return;
    for (const list of setupLists) void queries.invalidateQueries({ queryKey: [list] });
  }, [queries, setupVersion]);
  const sessionEnded = useLive((state) => state.sessionEnded);
  useEffect(() => {
    if (sessionEnded) onSessionEnded();
  }, [sessionEnded, onSessionEnded]);
  return children;
}
