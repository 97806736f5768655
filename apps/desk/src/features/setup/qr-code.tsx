import type { ReactNode } from "react";
import { encode } from "uqr";

/** A QR code in black on white, whatever the theme: cameras need the contrast and the quiet zone. */
export function QrCode({ text, label, size = 168 }: { readonly text: string; readonly label: string; readonly size?: number }): ReactNode {
  const { data, size: modules } = encode(text, { border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${modules} ${modules}`}
      width={size}
      height={size}
      shapeRendering="crispEdges"
      style={{ borderRadius: 8, flex: "none" }}
    >
      <rect width={modules} height={modules} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
