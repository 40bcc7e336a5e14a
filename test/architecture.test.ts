import { expect, test } from "bun:test";
import { join } from "node:path";
import { placeOf, rules, type Source, violations } from "./architecture.ts";

const src = join(import.meta.dir, "..", "src");

async function sources(): Promise<Source[]> {
  const paths = [...new Bun.Glob("**/*.ts").scanSync(src)]
    .filter((path) => !path.endsWith(".test.ts"))
    .sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(join(src, path)).text() })));
}

test("no import in src breaks a wall", async () => {
  expect(violations(await sources())).toEqual([]);
});

test("every place in the table exists", async () => {
  const places = new Set((await sources()).map(({ path }) => placeOf(path)));
  expect(Object.keys(rules).filter((place) => !places.has(place))).toEqual([]);
});

const planted = (path: string, text: string) => violations([{ path, text }]);

test.each([
  [
    "features/dispatch/service.ts",
    'import { x } from "../clients/service.ts";',
    "features/dispatch/service.ts: feature dispatch may not import feature clients",
  ],
  [
    "features/dispatch/service.ts",
    'import type { X } from "../../adapters/auth/password.ts";',
    "features/dispatch/service.ts: feature dispatch may not import adapter auth",
  ],
  ["core/hub.ts", 'import { Hono } from "hono";', "core/hub.ts: core may not import hono"],
  ["core/hub.ts", 'const x = await import("bun:sqlite");', "core/hub.ts: core may not import bun:sqlite"],
  ["core/hub.ts", "Bun.sleepSync(1);", "core/hub.ts: core may not use Bun"],
  ["protocol/codec.ts", 'import "../core/hub.ts";', "protocol/codec.ts: protocol may not import core"],
  [
    "http/app.ts",
    'export { y } from "../features/accounts/service.ts";',
    "http/app.ts: http may not import feature accounts",
  ],
  [
    "features/accounts/service.ts",
    "const x = process.env.HOME;",
    "features/accounts/service.ts: only cli may read process.env",
  ],
  [
    "features/accounts/service.ts",
    "const x = Date.now();",
    "features/accounts/service.ts: time comes from the clock, not from Date.now()",
  ],
  ["plugins/x.ts", "", "plugins/x.ts: plugins is not in the table of test/architecture.ts"],
])("a planted violation is found: %s: %s", (path, text, sentence) => {
  expect(planted(path, text)).toEqual([sentence]);
});

test("what is allowed is let through", () => {
  expect(planted("features/clients/service.ts", 'import { Hub } from "../../core/hub.ts";')).toEqual([]);
  expect(planted("features/clients/service.ts", '// import x from "../accounts/x.ts"')).toEqual([]);
  expect(planted("adapters/store/sqlite/store.ts", 'import { Database } from "bun:sqlite";')).toEqual([]);
});
