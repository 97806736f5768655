import type { ReactNode } from "react";
export function DeskRoom(): ReactNode { return null; }
