import { Plural } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Colleagues who rang here in vain: their list says who, and is the way to call them back. */
export function MissedColleagues({ count }: { readonly count: number }): ReactNode {
  return (
    <Link to="/internal-calls" role="status" data-testid="missed-colleagues">
      <Plural value={count} one="# missed call from a colleague" other="# missed calls from colleagues" />
    </Link>
  );
}
