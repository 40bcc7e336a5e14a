// Writes the documents in docs/ that are made from the source; `--check` only says which of them are stale.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { startApp } from "../src/app.ts";
import { describeSettings } from "../src/config/describe.ts";
import { loadConfig } from "../src/config/load.ts";
import { tomlName } from "../src/config/setting.ts";
import { reportSchema } from "../src/doctor/schema.ts";
import { faults } from "../src/protocol/faults.ts";
import { withCases } from "./docs/cases.ts";
import { code, notice, prose, table } from "./docs/markdown.ts";
import { troubleshootingPages } from "./docs/troubleshooting.ts";

const folder = join(import.meta.dir, "..", "docs");

/** File name → content. The same source gives the same bytes. */
async function documents(): Promise<Readonly<Record<string, string>>> {
  const [openapi, asyncapi] = await served("/openapi.json", "/asyncapi.json");
  return {
    "openapi.json": json("the routes", openapi),
    "asyncapi.json": json("the channels", asyncapi),
    "config.md": configPage(),
    "faults.md": faultsPage(),
    "doctor.schema.json": json("src/doctor/schema.ts", z.toJSONSchema(reportSchema)),
    "doctor.md": withCases(readFileSync(join(folder, "doctor.md"), "utf8")),
    ...troubleshootingPages(),
  };
}

/** What the program itself answers: started on a free loopback port, with a folder that is gone afterwards. */
async function served(...paths: readonly string[]): Promise<unknown[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "peyk-generate-"));
  try {
    const loaded = loadConfig({ flags: { "data-dir": dataDir, host: "127.0.0.1", port: "0" } });
    if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
    const app = await startApp(loaded.config);
    const answers = paths.map(async (path) => (await fetch(new URL(path, app.urls[0]))).json());
    return await Promise.all(answers).finally(() => app.stop());
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const json = (source: string, document: unknown): string =>
  `${JSON.stringify({ "x-generated": notice(source), ...(document as object) }, null, 2)}\n`;

function configPage(): string {
  const rows = describeSettings().map(({ key, env, flag, doc, fallback }) => [
    code(env),
    code(flag),
    code(tomlName(key)),
    code(fallback),
    prose(doc),
  ]);
  return `<!-- ${notice("src/config/schema.ts")} -->
# Settings

Each setting has three names: an environment variable, a flag, and a key in \`peyk.toml\` in the folder where Peyk is
started. A flag wins over the environment, and that over the file. Wrong settings stop the start; all of them are
reported at once, each with its name and source.

Lists are written \`a,b\`, or as a JSON array. A setting without a default is unset.

${table(["environment", "flag", "peyk.toml", "default", "meaning"], rows)}

## Tokens of another back end

\`JWT_ISSUERS\` names the back ends whose tokens count here. One entry in \`peyk.toml\`:

\`\`\`toml
[[jwt_issuers]]
name = "shop"                # its user 42 is "shop:42" here
issuer = "https://shop.example"
algorithm = "HS256"
secret = "the secret that the shop signs with"
user_claim = "user_id"       # "sub" by default
\`\`\`

Instead of \`secret\`, algorithms other than HS take \`public_key\` (PEM) or \`jwks_url\`. Without \`issuer\` the entry is for
tokens that have no \`iss\`. Tokens without an end are refused, unless the entry says \`allow_no_expiry = true\`.
`;
}

function faultsPage(): string {
  const rows = Object.entries(faults).map(([name, { close, http, retry, message, hint }]) => [
    `<a id="${name}"></a>${code(name)}`,
    close,
    http,
    retry.replace("_", " "),
    prose(`${message}. ${hint}`),
  ]);
  return `<!-- ${notice("src/protocol/faults.ts")} -->
# Faults

Every refusal, every error and every close that Peyk starts has one of these names. A client that does not know a code
can go by its range: 40xx do not come back unchanged, 41xx come back after a pause, 42xx come back at once.

Advice: \`never\` do not try again unchanged; \`new token\` get one first; \`later\` after a pause, with jitter; \`now\` at once.

${table(["name", "close code", "HTTP", "come back", "meaning, and what to do"], rows)}
`;
}

function write(made: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(made)) writeFileSync(join(folder, name), content);
}

/** Returns a sentence for each file that is not what the source says. */
function stale(made: Readonly<Record<string, string>>): string[] {
  const current = (name: string) => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const old = Object.entries(made).filter(([name, content]) => current(name) !== content);
  return old.map(([name]) => `docs/${name} is not what the source says: run \`npm run generate\`.`);
}

const made = await documents();
if (process.argv.includes("--check")) {
  const sentences = stale(made);
  for (const sentence of sentences) console.error(sentence);
  process.exitCode = sentences.length === 0 ? 0 : 1;
} else write(made);
