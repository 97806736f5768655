import { expect, it } from "vitest";
import { browserNamed } from "./browser-facts.ts";

it.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Chrome",
    "142",
    "Linux",
    false,
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36 Edg/110.0",
    "Edge",
    "110",
    "Windows",
    true,
  ],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "140", "Linux", false],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 Safari/605.1.15",
    "Safari",
    "16",
    "macOS",
    true,
  ],
  ["curl/8", "?", "", "?", false],
])("knows the browser of %s", (userAgent, name, version, system, outdated) => {
  expect(browserNamed(userAgent)).toEqual({ name, version, system, outdated });
});
