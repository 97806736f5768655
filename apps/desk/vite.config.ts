import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve as resolvePath } from "node:path";
import { Script } from "node:vm";
import { brotliCompressSync, gzipSync, constants } from "node:zlib";
import { fileURLToPath } from "node:url";
import { getConfig } from "@lingui/conf";
import { lingui, linguiTransformerBabelPreset } from "@lingui/vite-plugin";
import babel from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const FIRST_LOAD_KILOBYTES_MAX = 250;
/** Smaller files gain nothing. */
const COMPRESSED_FROM_BYTES = 1_024;
const root = fileURLToPath(new URL(".", import.meta.url));
const source = (name: string): string => fileURLToPath(new URL(`../../packages/${name}/src/index.ts`, import.meta.url));
const linguiConfig = { cwd: root };

/** As the server sends it to a browser that takes brotli. */
function compressedBytes(text: string | Buffer): number {
  return brotliCompressSync(text).length;
}

/** Lays a brotli and a gzip file beside each text, which the server sends in its place. */
function compressed(): Plugin {
  let folder = "";
  return {
    name: "allo-compressed",
    apply: "build",
    configResolved: (config) => {
      folder = resolvePath(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(?:js|css|html|svg|webmanifest)$/u.test(entry.name) || statSync(path).size < COMPRESSED_FROM_BYTES)
          continue;
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}

/** Fetched by themselves soon after the desk is drawn: their words belong to the first load (ui/lazy-part.ts, `earlyPart`). */
const EARLY_PARTS = ["/features/learning/tour/tour-offer.tsx"];
const CATALOGUE = /\/i18n\/(\w+)\.po$/u;
/** As compiled words are named in code: a hash of six characters. */
const MESSAGE_ID = /\bid:\s*[`"']([\w+/-]{6})[`"']/gu;

/**
 * Prints what an agent's browser fetches before the desk is drawn, and fails the build when it's too much. Its words are laid apart from those
 * of everything that is fetched later, so that a page more costs the desk nothing; src/i18n/language.ts finds both parts by the page's head.
 */
function firstLoad(): Plugin {
  const heads: { readonly tag: string; readonly attrs: Record<string, string> }[] = [];
  return {
    name: "allo-first-load",
    apply: "build",
    generateBundle(_options, bundle) {
      const wanted = new Set<string>();
      const want = (file: string): void => {
        const chunk = bundle[file];
        if (chunk?.type !== "chunk" || wanted.has(file)) return;
        wanted.add(file);
        chunk.imports.forEach(want);
      };
      for (const [file, chunk] of Object.entries(bundle)) {
        if (chunk.type !== "chunk") continue;
        const isDesk = Object.keys(chunk.modules).some((id) => id.endsWith("/features/desk/desk-room.tsx"));
        if (chunk.isEntry || isDesk) want(file);
      }
      let bytes = 0;
      for (const file of wanted) {
        const chunk = bundle[file];
        if (chunk?.type === "chunk") bytes += compressedBytes(chunk.code);
      }
      for (const part of EARLY_PARTS) {
        const found = Object.entries(bundle).find(([, chunk]) => chunk.type === "chunk" && chunk.facadeModuleId?.endsWith(part) === true);
        if (found === undefined) this.error(`${part} is no chunk of its own`);
        else want(found[0]);
      }
      const firstIds = new Set<string>();
      for (const file of wanted) {
        const chunk = bundle[file];
        if (chunk?.type !== "chunk") continue;
        for (const [, id] of chunk.code.matchAll(MESSAGE_ID)) if (id !== undefined) firstIds.add(id);
      }
      // And its words: those of the language that needs most.
      let wordBytes = 0;
      for (const [file, chunk] of Object.entries(bundle)) {
        const language = chunk.type === "chunk" ? CATALOGUE.exec(chunk.facadeModuleId ?? "")?.[1] : undefined;
        if (chunk.type !== "chunk" || language === undefined) continue;
        const words = Object.entries(readMessages(chunk.code));
        const lay = (part: "first" | "rest", messages: typeof words): string => {
          const source = `export const messages=JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(messages)))});`;
          if (part === "first") wordBytes = Math.max(wordBytes, compressedBytes(source));
          const fileName = `assets/words-${language}-${part}-${createHash("sha256").update(source).digest("base64url").slice(0, 8)}.js`;
          this.emitFile({ type: "asset", fileName, source });
          return `/${fileName}`;
        };
        const first = words.filter(([id]) => firstIds.has(id));
        if (first.length === 0 || first.length === words.length) this.error(`no words of ${language} belong to the first load, or all do`);
        const rest = words.filter(([id]) => !firstIds.has(id));
        const attrs = { name: `allo-words-${language}`, "data-first": lay("first", first), "data-rest": lay("rest", rest) };
        heads.push({ tag: "meta", attrs });
        delete bundle[file];
      }
      if (heads.length === 0) this.error("the catalogues of words are not among the chunks");
      bytes += wordBytes;
      const kilobytes = Math.round(bytes / 1024);
      this.info(`first load of the desk: ${kilobytes} kB of script as it is sent (at most ${FIRST_LOAD_KILOBYTES_MAX})`);
      if (kilobytes > FIRST_LOAD_KILOBYTES_MAX) this.error(`the desk's first load is ${kilobytes} kB, over ${FIRST_LOAD_KILOBYTES_MAX} kB`);
    },
    transformIndexHtml: { order: "post", handler: () => heads.map((head) => ({ ...head, injectTo: "head" as const })) },
  };
}

/** The messages by id of a compiled catalogue, whose only content is one JSON text. */
function readMessages(code: string): Record<string, unknown> {
  const start = code.indexOf("JSON.parse(");
  const text = /^JSON\.parse\((`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)/su.exec(code.slice(start))?.[1];
  if (start < 0 || text === undefined || text.includes("${")) throw new Error("a compiled catalogue isn't one JSON text");
  return JSON.parse(new Script(text).runInNewContext() as string) as Record<string, unknown>;
}

/** Writes sw.js: the service worker with the list of what the shell is made of, and a build's name that changes with any of it. */
function shellWorker(): Plugin {
  const kept = ["/manifest.en.webmanifest", "/manifest.ru.webmanifest", "/manifest.fa.webmanifest", "/logo.svg", "/icons/allo-192.png"];
  return {
    name: "allo-shell-worker",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      // Fonts of scripts that aren't ours (Greek, Vietnamese) are fetched when they are needed.
      const isShell = (file: string): boolean =>
        /\.(?:js|css)$/u.test(file) || /(?:inter-(?:latin|cyrillic)|vazirmatn-(?:arabic|latin))-[a-z-]*\.?[^/]*woff2$/u.test(file);
      const files = [
        "/index.html",
        ...kept,
        ...Object.keys(bundle)
          .filter(isShell)
          .toSorted()
          .map((file) => `/${file}`),
      ];
      const code = readFileSync(join(root, "src/app/service-worker.js"), "utf8");
      const build = createHash("sha256").update(code).update(files.join()).digest("hex").slice(0, 16);
      const source = `const BUILD = ${JSON.stringify(build)};\nconst FILES = ${JSON.stringify(files)};\n${code}`;
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

/** The desk needs the contract's routes and types, not its validators: an empty schema library in its place saves 17 kB of script. */
function withoutSchemas(): Plugin {
  const stub = "\0schema-stub";
  return {
    name: "allo-without-schemas",
    enforce: "pre",
    resolveId: (id) => (id === "typebox" ? stub : null),
    // Whatever is read from a schema or called on it is a schema again, with no properties of its own.
    load: (id) =>
      id === stub
        ? "const schema = new Proxy(() => schema, { get: (_t, key) => (typeof key === 'symbol' ? undefined : schema) });\nexport default schema;"
        : null,
    // What routes say of themselves is for the API's document only.
    transform: (code, id) =>
      /\/contract\/src\/routes[^?]*\.ts$/u.test(id) ? code.replaceAll(/^(\s*)summary:\s*"(?:[^"\\]|\\.)*",$/gmu, '$1summary: "",') : null,
  };
}

/**
 * The screens need a route's method, path and who may call it; what it takes and gives is the server's to check. Without that, and with
 * schemas known to be pure, the contract shrinks to what is used of it.
 */
function withoutRouteSchemas(): Plugin {
  const dropped = new Set(["params", "query", "body", "response", "summary", "tag"]);
  return {
    name: "allo-without-route-schemas",
    apply: "build",
    enforce: "post",
    transform(code, id) {
      if (!id.includes("/packages/contract/src/")) return null;
      let text = code;
      if (/\/routes(?:\/[a-z-]+)?\.ts$/u.test(id)) {
        const cuts: { readonly start: number; readonly end: number }[] = [];
        const visit = (node: unknown): void => {
          if (Array.isArray(node)) return node.forEach(visit);
          if (typeof node !== "object" || node === null) return;
          const part = node as { type?: string; start?: number; end?: number; properties?: unknown[]; key?: { name?: string } };
          const isRoute =
            part.type === "ObjectExpression" &&
            ["method", "path"].every((name) => (part.properties as (typeof part)[]).some((property) => property.key?.name === name));
          for (const property of isRoute ? (part.properties as (typeof part)[]) : [])
            if (dropped.has(property.key?.name ?? "")) cuts.push({ start: property.start ?? 0, end: property.end ?? 0 });
          if (!isRoute) Object.values(node).forEach(visit);
        };
        visit(this.parse(code));
        for (const { start, end } of cuts.toReversed()) text = text.slice(0, start) + text.slice(end).replace(/^\s*,/u, "");
      }
      return { code: text.replaceAll(/(?<![\w.])(Type\.\w+|nullable|list|page|one)\(/gu, "/*@__PURE__*/ $1("), map: null };
    },
  };
}

export default defineConfig({
  root,
  plugins: [
    react(),
    lingui(linguiConfig),
    babel({ presets: [linguiTransformerBabelPreset({ linguiConfig: getConfig(linguiConfig) }, linguiConfig)] }),
    withoutSchemas(),
    withoutRouteSchemas(),
    firstLoad(),
    shellWorker(),
    compressed(),
  ],
  // Our packages as sources; not by a "source" condition, which some of npm's have too.
  resolve: {
    alias: { "@allo/contract": source("contract"), "@allo/kernel": source("kernel") },
    conditions: ["module", "browser", "development|production"],
  },
  build: {
    outDir: "dist",
    target: "es2023",
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    // What a dozen rooms and panels share comes in one file: fewer requests, and it is compressed better.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "base", minShareCount: 12 }] } } },
  },
  server: { proxy: { "/api": { target: process.env["ALLO_DEV_SERVER"] ?? "http://127.0.0.1:8080", ws: true } } },
});
