// The walls of the house as rules (docs/ARCHITECTURE.md, "Rooms"). Every one is an error.
const MODULE = "^apps/server/src/modules/([^/]+)/";
const TEST = "\\.test\\.tsx?$";
const IMPURE = "node-[^/]+|sim|testkit";
// Which packages each package may know. What isn't listed knows nothing but itself.
const MAY = {
  kernel: [],
  contract: ["kernel"],
  sdp: ["kernel"],
  sip: ["kernel", "sdp"],
  rtp: ["kernel"],
  srtp: ["kernel", "rtp"],
  stun: ["kernel"],
  media: ["kernel", "rtp"],
  call: ["kernel", "sip", "sdp", "media"],
  acd: ["kernel"],
  flow: ["kernel"],
  wfm: ["kernel"],
};

const forbidden = [
  { name: "no-cycles", comment: "Imports have one direction.", from: {}, to: { circular: true } },
  {
    name: "pure-packages",
    comment: "Packages below the edge import no npm package and nothing of Node.",
    from: { path: `^packages/(?!(?:${IMPURE}|contract)/)[^/]+/src/`, pathNot: [TEST] },
    to: { pathNot: ["^packages/[^/]+/src/"] },
  },
  {
    name: "pure-contract",
    comment: "The contract has its schema library and nothing else from outside.",
    from: { path: "^packages/contract/src/", pathNot: [TEST] },
    to: { pathNot: ["^packages/[^/]+/src/", "^node_modules/typebox/"] },
  },
  {
    name: "pure-module-core",
    comment: "A module's core/ decides: no npm package, nothing of Node, no service, no store.",
    from: { path: "^apps/server/src/modules/([^/]+)/core/", pathNot: [TEST] },
    to: { pathNot: ["^apps/server/src/modules/$1/core/", "^packages/(?!node-)[^/]+/src/index\\.ts$"] },
  },
  ...Object.entries(MAY).map(([name, allowed]) => ({
    name: `layer-${name}`,
    comment: `packages/${name} may import ${allowed.length === 0 ? "no other package" : allowed.join(", ")}.`,
    from: { path: `^packages/${name}/`, pathNot: [TEST] },
    to: { path: "^packages/", pathNot: [`^packages/(${[name, ...allowed].join("|")})/`] },
  })),
  { name: "packages-below-apps", comment: "Packages don't know the programs.", from: { path: "^packages/" }, to: { path: "^apps/" } },
  {
    name: "front-door-package",
    comment: "A package is entered by its index.ts.",
    from: { path: "^(packages|apps)/([^/]+)/" },
    to: { path: "^packages/([^/]+)/src/", pathNot: ["^packages/$2/", "^packages/[^/]+/src/index\\.ts$"] },
  },
  {
    name: "front-door-module",
    comment: "A server module is entered by its index.ts.",
    from: { path: MODULE },
    to: { path: MODULE, pathNot: ["^apps/server/src/modules/$1/", "^apps/server/src/modules/[^/]+/index\\.ts$"] },
  },
  {
    name: "edge-knows-no-core",
    comment: "The two processes share messages, not code.",
    from: { path: "^apps/server/src/edge/", pathNot: [TEST] },
    to: { path: "^apps/server/src/(core|modules)/" },
  },
  {
    name: "desk-knows-contract-only",
    comment: "The screens see the server through the contract.",
    from: { path: "^apps/(desk|chat-widget)/", pathNot: [TEST] },
    to: { path: "^(packages/(?!contract/|kernel/)|apps/server/)" },
  },
  {
    name: "tests-are-not-product",
    comment: "Simulation and test peers stay out of the program.",
    from: { pathNot: [TEST, "^packages/(sim|testkit)/", "^tools/", "^bench/", "^conformance/", "/fixtures/", "/testing\\.ts$"] },
    to: { path: "^packages/(sim|testkit)/" },
  },
  // react-aria-components names a "source" condition for files that it does not ship; Vite, which bundles it, does not ask for that condition.
  {
    name: "resolvable",
    comment: "Every import leads somewhere.",
    from: { pathNot: [TEST] },
    to: { couldNotResolve: true, pathNot: ["^react-aria-components$"] },
  },
].map((rule) => ({ severity: "error", ...rule }));

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(packages|apps)/[^/]+/dist/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "node", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".cjs", ".json"],
    },
  },
};
