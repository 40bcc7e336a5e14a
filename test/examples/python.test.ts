import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { missing, outsideAddress, Program, testUnless, warn } from "../kit/program.ts";
import { examples, expectCommands, Repeater, Site } from "./kit.ts";

const noPython = missing(
  ["python3", "-c", "import websockets"],
  "Python 3 with websockets is missing: python3 -m pip install websockets",
);
const outside = outsideAddress();
const noOutside = outside === undefined ? "this machine has no address but loopback: connect a network" : "";
warn("the Python example", noPython, noOutside);

let site: Site;

beforeAll(async () => {
  site = await Site.start({ HOST: "0.0.0.0" });
}, 30_000);

afterAll(() => site?.[Symbol.asyncDispose]());

const start = (host: string, env: Record<string, string>) =>
  Program.start(["python3", "-B", join(examples, "python", "pico_client.py")], {
    env: { PEYK_SERVER: `ws://${host}`, PEYK_TOKEN: "", ...env },
  });

testUnless(
  noPython,
  "it gets what was commanded while it was away, and comes back after a restart",
  async () => {
    const token = await site.administrator.addDevice("pico", "snake");
    await expectCommands(site, "snake", () => start(site.host, { PEYK_TOKEN: token }));
    const { logs } = await site.administrator.get("/api/devices/snake/logs");
    expect(logs).toMatchObject([{ message: "connected" }, { message: "connected" }]);
  },
);

testUnless(noPython, "without a token it asks the server for one", async () => {
  await using program = start(site.host, { PEYK_DEVICE: "guest" });
  await program.prints(`Connected to ws://${site.host} as pico-guest`);
});

testUnless(noPython || noOutside, "it says why it gets no token, and how to get one", async () => {
  await using program = start(`${outside}:${site.port}`, {});
  await program.prints("Refused: ");
  await program.prints("peyk pair --minutes 10");
  await program.prints("Next attempt in");
});

testUnless(noPython, "it says in plain words that its token is wrong", async () => {
  await using program = start(site.host, { PEYK_TOKEN: "wrong" });
  await program.prints("Closed with 4001: this device token is not known [r_");
  await program.prints("Set PEYK_TOKEN");
  await program.prints("Next attempt in");
});

testUnless(noPython, "a command that comes twice runs once, and an ack is not answered", async () => {
  await using repeater = new Repeater();
  await using program = start(repeater.host, { PEYK_TOKEN: "any" });
  await program.prints("Connected");
  const command = { type: "servo", command: { servo1: 1, servo2: 2 }, command_id: "one" };
  repeater.send(command);
  repeater.send(command);
  repeater.send({ type: "dance", command_id: "two" });
  repeater.send({ type: "ack", command_type: "sensor_data", status: "success" });
  repeater.send({ type: "authenticated", expires_at: null });
  await repeater.settle();
  const answer = { command_id: "one", command_type: "servo", status: "success", detail: "X=1°, Y=2°" };
  expect(repeater.heard.filter(({ type }) => type === "ack")).toMatchObject([
    answer,
    answer,
    { command_id: "two", status: "error", detail: "this program does not know dance" },
  ]);
  expect(program.output.split("Command: ")).toHaveLength(3);
});
