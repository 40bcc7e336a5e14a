// `npm test`, in plain Node so that it runs on a fresh clone: types, lint, generated files, then every test.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled, root } from "./ensure.mjs";

/** Milliseconds after which a step that hangs is ended and has failed. */
const patience = 9 * 60_000;
/**
 * Files that run at the same time, each in a process of its own: a quarter of what tests do is to wait, so one more than
 * there are processors. More would starve the tests that watch a clock.
 */
const workers = Math.min(3, availableParallelism() + 1);
const strict = process.env.CI === "true";
const bun = ensureInstalled();
const bin = (path) => join(root, "node_modules", path);

const checks = [
  ["types", process.execPath, [bin("typescript/bin/tsc"), "--noEmit"], "tsc --noEmit"],
  ["lint", process.execPath, [bin("@biomejs/biome/bin/biome"), "check", "."], "biome check ."],
  ["generated files", bun, ["scripts/generate.ts", "--check"], "bun scripts/generate.ts --check"],
];

/** Returns "" where the command succeeded, else how it ended. */
function run(title, command, args, shown) {
  console.log(`\n── ${title}: ${shown}`);
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: patience,
  });
  if (error !== undefined) return error.message;
  if (signal !== null) return `ended by ${signal}`;
  return status === 0 ? "" : `exit code ${status}`;
}

function check([title, command, args, shown]) {
  const ended = run(title, command, args, shown);
  return { passed: ended === "" ? 1 : 0, failed: ended === "" ? [] : [`${title}: ${ended}`], skipped: [] };
}

function tests() {
  const folder = mkdtempSync(join(tmpdir(), "peyk-test-"));
  const report = join(folder, "junit.xml");
  const args = ["test", "./src", "./test", "--timeout=20000", `--parallel=${workers}`, "--reporter=junit"];
  try {
    const ended = run(
      "tests",
      bun,
      [...args, `--reporter-outfile=${report}`],
      `bun test ./src ./test --parallel=${workers}`,
    );
    if (existsSync(report)) return tally(readFileSync(report, "utf8"), ended);
    // A test that ends the process takes the rest with it, whatever the exit code.
    return { passed: 0, failed: [`bun test: no report (${ended || "it ended early"})`], skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts what the JUnit report holds. A file that does not load is not in it; only the exit code tells of that. */
function tally(xml, ended) {
  const cases = [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(
    ([, attributes, body = ""]) => ({ name: nameOf(attributes), body }),
  );
  const skipped = cases.filter(({ body }) => body.includes("<skipped")).map(({ name }) => name);
  const failed = cases.filter(({ body }) => /<(failure|error)/.test(body)).map(withReason);
  const passed = cases.length - skipped.length - failed.length;
  if (ended !== "" && failed.length === 0) failed.push(`bun test: ${ended}; its output above says why`);
  return { passed, failed, skipped };
}

function nameOf(attributes) {
  const read = (key) => plain(new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? "");
  const title = [read("classname"), read("name")].filter((part) => part !== "").join(" > ");
  return `${read("file")}: ${title}`;
}

/** Lines of an error that are shown again at the end, where one looks first. */
const reasonLines = 20;

function withReason({ name, body }) {
  const [, message = "", text = ""] =
    /<(?:failure|error)[^>]*?message="([^"]*)"[^>]*?(?:\/>|>(.*?)<\/)/s.exec(body) ?? [];
  const lines = plain(text || message)
    .trim()
    .split("\n")
    .slice(0, reasonLines);
  return [name, ...lines.map((line) => `    ${line}`)].join("\n");
}

const entities = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plain(text) {
  return text.replace(/&(lt|gt|quot|apos|amp|#\d+);/g, (_, name) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : entities[name],
  );
}

function list(title, names) {
  if (names.length > 0) console.log(`\n${title}:\n${names.map((name) => `  ${name}`).join("\n")}`);
}

const results = [...checks.map(check), tests()];
const passed = results.reduce((sum, each) => sum + each.passed, 0);
const skipped = results.flatMap((each) => each.skipped);
const failed = results.flatMap((each) => each.failed);
list(strict ? "Skipped, which counts as failed because CI=true" : "Skipped", skipped);
list("Failed", failed);
const failures = failed.length + (strict ? skipped.length : 0);
console.log(`\n${passed} passed, ${failures} failed, ${strict ? 0 : skipped.length} skipped`);
process.exitCode = failures === 0 ? 0 : 1;
