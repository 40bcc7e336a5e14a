/** Who may import whom: the picture of docs/concepts.md as a table, and the walk that holds the code against it. */

/** What a place may import from packages; `*`: whatever it likes. */
export interface Rule {
  readonly places: readonly string[];
  readonly packages: readonly string[];
}

/**
 * Imports point one way: protocol ← core ← { features, adapters, http } ← services ← app ← cli ← main.
 * A place that is missing here fails the test, so the table cannot be out of date.
 */
export const rules: Readonly<Record<string, Rule>> = {
  protocol: { places: [], packages: [] },
  core: { places: ["protocol"], packages: ["zod", "kysely", "pino", "prom-client"] },
  "adapters/auth": { places: ["core", "protocol"], packages: ["jose", "Bun"] },
  "adapters/broker": { places: ["core", "protocol"], packages: ["Bun"] },
  "adapters/files": { places: ["core", "protocol"], packages: ["node:fs", "node:path", "Bun"] },
  "adapters/instagram": {
    places: ["core", "protocol", "features/inbox"],
    packages: ["node:crypto", "Bun"],
  },
  "adapters/presence": { places: ["core", "protocol"], packages: ["Bun"] },
  "adapters/store": {
    places: ["core", "protocol"],
    packages: ["kysely", "bun:sqlite", "pg", "node:fs", "Bun"],
  },
  "adapters/system": { places: ["core", "protocol"], packages: ["node:fs", "bun:ffi", "Bun"] },
  "adapters/telegram": {
    places: ["core", "protocol", "features/inbox"],
    packages: ["grammy", "node:crypto"],
  },
  "adapters/transport": {
    places: ["core", "protocol", "adapters/system"],
    packages: ["bun", "node:crypto", "node:fs", "node:net", "Bun"],
  },
  "features/accounts": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  "features/clients": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  "features/devices": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  "features/inbox": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  "features/dispatch": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  "features/operations": {
    places: ["core", "protocol"],
    packages: ["zod", "kysely", "hono", "@hono/zod-openapi"],
  },
  http: {
    places: ["core", "protocol"],
    packages: ["zod", "hono", "@hono/zod-openapi", "../../web/doctor/files.js", "../../web/widget/widget.js"],
  },
  config: { places: ["core", "protocol"], packages: ["zod", "node:crypto", "node:fs", "node:path"] },
  doctor: {
    places: ["config", "core", "protocol"],
    packages: [
      "node:crypto",
      "node:dns/promises",
      "node:fs",
      "node:http",
      "node:https",
      "node:net",
      "node:os",
      "node:path",
      "node:tls",
      "jose",
      "zod",
    ],
  },
  "platforms.ts": { places: ["adapters", "core", "features", "protocol"], packages: [] },
  "services.ts": {
    places: ["adapters", "config", "core", "features", "platforms.ts", "protocol"],
    packages: [],
  },
  "app.ts": {
    places: [
      "adapters",
      "config",
      "core",
      "doctor",
      "features",
      "http",
      "protocol",
      "services.ts",
      "version.ts",
    ],
    packages: ["@hono/zod-openapi"],
  },
  "local-doctor.ts": {
    places: ["adapters", "config", "core", "doctor", "services.ts"],
    packages: ["node:fs", "node:os"],
  },
  "version.ts": { places: [], packages: ["../package.json"] },
  cli: {
    places: [
      "app.ts",
      "local-doctor.ts",
      "services.ts",
      "version.ts",
      "config",
      "core",
      "doctor",
      "protocol",
    ],
    packages: ["node:fs", "node:os", "node:util", "pino-pretty", "smol-toml", "Bun"],
  },
  "main.ts": { places: ["cli"], packages: ["Bun"] },
};

/** One source file: its path below `src`, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One sentence for every import, every use of `Bun` and every look at the environment that breaks a wall. */
export const violations = (sources: readonly Source[]): string[] =>
  sources.flatMap((source) => [...brokenImports(source), ...brokenGlobals(source)]);

/** `features/dispatch/service.ts` → `features/dispatch`; `core/hub.ts` → `core`; `app.ts` → itself. */
export function placeOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return (first === "features" || first === "adapters") && second !== "" ? `${first}/${second}` : first;
}

function brokenImports({ path, text }: Source): string[] {
  const place = placeOf(path);
  const rule = rules[place];
  if (rule === undefined) return [`${path}: ${place} is not in the table of test/architecture.ts`];
  return imported(text).flatMap((specifier) => {
    const wrong = specifier.startsWith(".")
      ? wrongPlace(path, place, rule, specifier)
      : wrongPackage(rule, specifier);
    return wrong === undefined ? [] : [`${path}: ${describe(place)} may not import ${wrong}`];
  });
}

function wrongPlace(path: string, place: string, rule: Rule, specifier: string): string | undefined {
  const target = resolve(path, specifier);
  if (target.startsWith("../")) return rule.packages.includes(specifier) ? undefined : specifier;
  const to = placeOf(target);
  const allowed = to === place || rule.places.some((each) => to === each || to.startsWith(`${each}/`));
  return allowed ? undefined : describe(to);
}

const wrongPackage = (rule: Rule, specifier: string): string | undefined =>
  rule.packages.some((each) => specifier === each || specifier.startsWith(`${each}/`))
    ? undefined
    : specifier;

/** `features/inbox` → `feature inbox`, as one says it. */
const describe = (place: string): string =>
  place.replace(/^features\//, "feature ").replace(/^adapters\//, "adapter ");

function resolve(path: string, specifier: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.length > 0 && parts.at(-1) !== ".." ? parts.pop() : parts.push("..");
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Every specifier after `from`, in `import "…"` and in `import("…")`; comments left out. */
function imported(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;
  return [...code.matchAll(pattern)].map(([, specifier]) => specifier!);
}

/** The runtime stays in adapters, cli and main; the environment is read by the command line alone. */
function brokenGlobals({ path, text }: Source): string[] {
  const place = placeOf(path);
  const found: string[] = [];
  if (/\bBun\./.test(text) && !rules[place]?.packages.includes("Bun"))
    found.push(`${path}: ${describe(place)} may not use Bun`);
  if (/\bprocess\.env\b/.test(text) && place !== "cli") found.push(`${path}: only cli may read process.env`);
  if (/\bDate\.now\(\)/.test(text) && !["core", "adapters/store"].includes(place))
    found.push(`${path}: time comes from the clock, not from Date.now()`);
  return found;
}
