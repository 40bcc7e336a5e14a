import { afterAll, beforeAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Administrator, administratorSettings } from "../kit/administrator.ts";
import { noLegacyPython } from "../kit/legacy-python.ts";
import { ServerProcess } from "../kit/process.ts";
import { freePorts, missing, outsideAddress, Program, testUnless, warn } from "../kit/program.ts";
import { tempDir } from "../kit/temp.ts";

/** The steps of seed 001 as they stand there. Only the host changes, and the token goes from step 1 into step 2. */
const example = (name: string) => readFileSync(join(import.meta.dir, "001", name), "utf8");
const seedHost = "services.gen6.chabokan.net:40345";
const seedToken = "your_token_from_step_1";

const outside = outsideAddress();
const noPython = noLegacyPython();
const noCurl = missing(["curl", "--version"], "curl is missing: apt-get install curl");
const noOutside = outside === undefined ? "this machine has no address but loopback: connect a network" : "";
warn("seed 001", noPython, noCurl, noOutside);

let server: ServerProcess;
let administrator: Administrator;
/** In the seed: 3000, which worked, and 40345, which nobody could reach. */
let ports: number[];
const folder = tempDir();

beforeAll(async () => {
  ports = await freePorts(2);
  const settings = {
    ...administratorSettings,
    HOST: "0.0.0.0",
    PORT: ports.join(","),
    PUBLIC_TOKENS: "open",
    DEVICE_GRACE: "0",
  };
  server = await ServerProcess.start({ settings });
  administrator = await Administrator.of(server);
}, 30_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function run(command: string, name: string, change: (code: string) => string): Promise<string[]> {
  const code = example(name);
  expect(code).toContain(seedHost);
  const path = join(folder.path, `${crypto.randomUUID()}-${name}`);
  writeFileSync(path, change(code));
  return Program.start([command, path]).finish();
}

const devices = "/api/devices?kind=pico";

/** Step 1 gives the token, step 2 connects with it; the server then knows the device. */
async function expectSteps(host: string): Promise<void> {
  const lines = await run("sh", "curl.sh", (code) => code.replaceAll(seedHost, host));
  const [token] = JSON.parse(lines.find((line) => line.startsWith("{"))!).pico_tokens;
  const before = Date.now();
  const printed = await run("python3", "connect.py", (code) => {
    const mine = code.replaceAll(seedHost, host).replaceAll(seedToken, token);
    return `${mine}\nimport asyncio\nasyncio.run(connect_pico())\n`;
  });
  expect(printed).toEqual([""]);
  const seen = await administrator.until(devices, (page) =>
    page.devices.some(({ connected_at }: { connected_at: string }) => Date.parse(connected_at) >= before),
  );
  expect(seen.devices).toMatchObject([{ id: "pico-pico_device", kind: "pico", firmware: "1.0.0" }]);
  await administrator.state("pico-pico_device", "offline");
}

for (const index of [0, 1]) {
  const which = index === 0 ? "first" : "second";
  testUnless(noCurl || noPython, `both steps work on the ${which} of two ports`, () =>
    expectSteps(`127.0.0.1:${ports[index]}`),
  );
  testUnless(noCurl || noPython || noOutside, `both steps work from outside on the ${which} port`, () =>
    expectSteps(`${outside}:${ports[index]}`),
  );
}
