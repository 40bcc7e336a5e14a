import { expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestClient } from "../kit/client.ts";
import { ServerProcess } from "../kit/process.ts";
import { tempDir } from "../kit/temp.ts";

const root = join(import.meta.dir, "..", "..");

/** A clone whose program says one word. */
function cloneSaying(word: string) {
  const folder = tempDir();
  const at = (...path: string[]) => join(folder.path, ...path);
  for (const each of ["src", "web", "node_modules"]) mkdirSync(at(each));
  for (const each of ["scripts", "package.json", "package-lock.json"])
    cpSync(join(root, each), at(each), { recursive: true });
  symlinkSync(join(root, "node_modules", "bun"), at("node_modules", "bun"));
  writeFileSync(at("node_modules", ".package-lock.json"), "{}");
  const write = (program: string) => writeFileSync(at("src", "main.ts"), program);
  const say = (what: string) => write(`console.log(${JSON.stringify(what)} as string);`);
  const release = (version: string) => writeFileSync(at("package.json"), JSON.stringify({ version }));
  say(word);
  const run = async () => {
    const child = Bun.spawn(["node", at("scripts", "peyk.mjs")], { stdout: "pipe", stderr: "pipe" });
    const [said, complaint] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { said: said.trim(), complaint, code: await child.exited };
  };
  const cache = at("node_modules", ".cache", "peyk");
  return { write, release, say, run, cache, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const quiet = (said: string) => ({ said, complaint: "", code: 0 });

test("what is built runs until a source changes, and is built again then; few builds are kept", async () => {
  using clone = cloneSaying("one");
  expect(await clone.run()).toEqual(quiet("one"));
  const [build] = readdirSync(clone.cache);
  writeFileSync(join(clone.cache, build!, "main.js"), "console.log('what was built')");
  rmSync(join(clone.cache, build!, "main.js.jsc"));
  expect(await clone.run()).toEqual(quiet("what was built"));
  for (const word of ["second", "third one", "fourth one!", "fifth one!!"]) {
    clone.say(word);
    expect(await clone.run()).toEqual(quiet(word));
  }
  expect(readdirSync(clone.cache)).toHaveLength(3);
});

test("a new version is one, whatever else stayed as it was", async () => {
  using clone = cloneSaying("");
  clone.write('import it from "../package.json" with { type: "json" };\nconsole.log(it.version as string);');
  clone.release("1.0.0");
  expect(await clone.run()).toEqual(quiet("1.0.0"));
  clone.release("1.0.1");
  expect(await clone.run()).toEqual(quiet("1.0.1"));
});

test("an error tells the line of the source", async () => {
  using clone = cloneSaying("a");
  clone.write("\n\n\nnull!.oops as string;\n");
  const { complaint, code } = await clone.run();
  expect(code).toBe(1);
  expect(complaint).toContain(join("src", "main.ts:4"));
});

test("several that start at once after a change all run it", async () => {
  using clone = cloneSaying("together");
  const all = await Promise.all([1, 2, 3].map(() => clone.run()));
  expect(all).toEqual([1, 2, 3].map(() => quiet("together")));
  expect(readdirSync(clone.cache)).toHaveLength(1);
});

test("where nothing can be built, the sources run, and it says so", async () => {
  using clone = cloneSaying("from the sources");
  mkdirSync(join(clone.cache, ".."), { recursive: true });
  writeFileSync(clone.cache, "no folder");
  const { said, complaint, code } = await clone.run();
  expect([said, code]).toEqual(["from the sources", 0]);
  expect(complaint).toContain("Starting from the sources");
});

test("npm start's program serves, and ends when it is told to", async () => {
  await using server = await ServerProcess.start({ program: ["node", join(root, "scripts", "peyk.mjs")] });
  const client = await TestClient.open(`ws://${server.url.host}/ws/test/`);
  await client.next("test_message");
  await client.close();
  expect(await server.end()).toBe(0);
});
