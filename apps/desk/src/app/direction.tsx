import { useDirection } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useLanguage } from "../i18n/language.ts";

/** Tells Mantine the language's direction without drawing the page anew: what is typed stays. */
export function DirectionFollowsLanguage({ children }: { readonly children: ReactNode }): ReactNode {
  const direction = useLanguage((state) => state.direction);
  const { setDirection } = useDirection();
  useEffect(() => setDirection(direction), [direction, setDirection]);
  return children;
}
