import { defineConfig } from "@lingui/conf";
import { formatter } from "@lingui/format-po";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "ru", "fa"],
  catalogs: [{ path: "<rootDir>/src/i18n/{locale}", include: ["<rootDir>/src"], exclude: ["**/*.test.ts", "**/*.test.tsx"] }],
  format: formatter({ lineNumbers: false, origins: false, printLinguiId: false }),
  orderBy: "message",
});
