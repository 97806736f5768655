import { useMatches } from "@tanstack/react-router";
import { helpTopicOf, type HelpTopic } from "./topics.ts";

/** The help of the page that is shown. */
export function useHelpTopic(): HelpTopic | null {
  return useMatches({
    select: (matches) => {
      const last = matches.at(-1);
      if (last === undefined) return null;
      const params: Readonly<Record<string, unknown>> = last.params;
      const search: Readonly<Record<string, unknown>> = last.search;
      return helpTopicOf(last.fullPath, text(params["section"]), text(search["view"]));
    },
  });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
