import type { WorkplaceFigures } from "@allo/contract";

/** The oldest versions that a current desk was tried with; older ones mostly work and get no repairs. */
const OLDEST = { Chrome: 120, Edge: 120, Firefox: 128, Safari: 17 } as const;

/** Name, version and system out of a user agent's words; unknown ones are named as such. */
export function browserNamed(userAgent: string): Pick<WorkplaceFigures["browser"], "name" | "version" | "system" | "outdated"> {
  const found = (pattern: RegExp): string | undefined => pattern.exec(userAgent)?.[1];
  const edge = found(/Edg\/(\d+)/u);
  const firefox = found(/Firefox\/(\d+)/u);
  const chrome = found(/Chrome\/(\d+)/u);
  const safari = found(/Version\/(\d+)[.\d]* .*Safari/u);
  const name =
    edge !== undefined
      ? "Edge"
      : firefox !== undefined
        ? "Firefox"
        : chrome !== undefined
          ? "Chrome"
          : safari !== undefined
            ? "Safari"
            : null;
  const version = edge ?? firefox ?? chrome ?? safari ?? "";
  return {
    name: name ?? "?",
    version,
    system: systemNamed(userAgent),
    outdated: name !== null && Number(version) < OLDEST[name],
  };
}

function systemNamed(userAgent: string): string {
  if (/Android/u.test(userAgent)) return "Android";
  if (/iPhone|iPad/u.test(userAgent)) return "iOS";
  if (/Windows/u.test(userAgent)) return "Windows";
  if (/Mac OS X/u.test(userAgent)) return "macOS";
  return /Linux|X11/u.test(userAgent) ? "Linux" : "?";
}
