import { useEffect, useState } from "react";
import type { Box } from "./place-card.ts";

/** Where what matches stands on the screen now; null while it isn't there. Follows scrolling, resizing and changes of the page. */
export function useTargetBox(selector: string | null): Box | null {
  const [box, setBox] = useState<Box | null>(null);
  useEffect(() => {
    let asked = 0;
    const look = (): void => {
      asked = 0;
      setBox((before) => {
        const next = selector === null ? null : boxOf(selector);
        return isSame(before, next) ? before : next;
      });
    };
    const soon = (): void => {
      if (asked === 0) asked = requestAnimationFrame(look);
    };
    look();
    const changes = new MutationObserver(soon);
    changes.observe(document.body, {
      childList: true,
      subtree: true,
      attributes: true,
      attributeFilter: ["class", "style", "data-state", "data-kind"],
    });
    globalThis.addEventListener("resize", soon);
    globalThis.addEventListener("scroll", soon, true);
    return () => {
      cancelAnimationFrame(asked);
      changes.disconnect();
      globalThis.removeEventListener("resize", soon);
      globalThis.removeEventListener("scroll", soon, true);
    };
  }, [selector]);
  return box;
}

function boxOf(selector: string): Box | null {
  const found = document.querySelector(selector);
  if (found === null) return null;
  const { top, left, width, height } = found.getBoundingClientRect();
  return width === 0 || height === 0 ? null : { top, left, width, height };
}

function isSame(a: Box | null, b: Box | null): boolean {
  if (a === null || b === null) return a === b;
  return a.top === b.top && a.left === b.left && a.width === b.width && a.height === b.height;
}
