import { useLingui } from "@lingui/react";
import { Alert } from "@mantine/core";
import type { ReactNode } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { Problem } from "../../ui/problem.tsx";
import { dialCodeWords } from "../dialling/dial-words.ts";

/** Why the number isn't called, in the words of the rules for calls out. */
export function DialProblem({ failure }: { readonly failure: ApiProblem }): ReactNode {
  const { i18n } = useLingui();
  const words = (failure.detail ?? "").split(", ").flatMap((code) => dialCodeWords(code) ?? []);
  if (failure.code !== "dialRefused" || words.length === 0) return <Problem failure={failure} />;
  return <Alert color="red">{words.map((each) => i18n._(each)).join(" ")}</Alert>;
}
