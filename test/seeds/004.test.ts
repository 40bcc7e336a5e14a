import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Administrator, administratorSettings } from "../kit/administrator.ts";
import { TestClient } from "../kit/client.ts";
import { peyk, ServerProcess } from "../kit/process.ts";
import { freePorts, missing, Program, testUnless, warn } from "../kit/program.ts";

/** The commands and addresses of seed 004 as they stand there. Only host, token and order id are put in. */
const example = (name: string) => readFileSync(join(import.meta.dir, "004", name), "utf8");
const seedHost = "localhost:8000";
const seedToken = "YOUR_JWT_TOKEN";
/** The seed names its script, and what it checks, but does not print it. */
const scripts = join(import.meta.dir, "..", "..", "examples", "python");

const noCurl = missing(["curl", "--version"], "curl is missing: apt-get install curl");
const noPython = missing(
  ["python3", "-c", "import requests, websockets"],
  "Python 3 with websockets and requests is missing: python3 -m pip install websockets requests",
);
warn("seed 004", noCurl, noPython);

let server: ServerProcess;
let administrator: Administrator;
const emails = { staff: "dispatcher@example.com", passenger: "passenger@example.com" };
const tokens: Record<string, string> = {};

beforeAll(async () => {
  server = await ServerProcess.start({ settings: administratorSettings });
  administrator = await Administrator.of(server);
  for (const [role, email] of Object.entries(emails))
    await peyk(server.dataDir, "user", "add", "--email", email, "--password", "password123", "--role", role);
  for (const email of Object.values(emails)) tokens[email] = (await login(email)).access_token;
}, 30_000);
afterAll(() => server?.[Symbol.asyncDispose]());

async function login(email: string) {
  const body = new URLSearchParams({ username: email, password: "password123" });
  const answer = await fetch(new URL("/api/v1/login/access-token", server.url), { method: "POST", body });
  return (await answer.json()) as { access_token: string };
}

const fill = (text: string, token: string, order = "") =>
  text
    .replaceAll(seedHost, `127.0.0.1:${server.url.port}`)
    .replaceAll(seedToken, token)
    .replaceAll("{jwt_token}", token)
    .replaceAll("{order_id}", order);

/** One of the printed ways to run the script; where Python 3 is called `python3`, that is its name. */
async function script(command: string) {
  const program = Program.start(["sh", "-c", command.replace(/^python /, "python3 ")], { cwd: scripts });
  const ended = await program.finish().catch((error: Error) => error.message.split("\n").slice(1));
  return ended.filter((line) => line !== "");
}
const withToken = (token: string) => fill(example("script.sh").split("\n")[1]!, token);
const marks = (lines: readonly string[]) => lines.map((line) => line.slice(0, 12).trim());

testUnless(noCurl, "curl shows the health that the seed describes, and it is ok", async () => {
  const lines = await Program.start(["sh", "-c", fill(example("health.sh"), "")]).finish();
  const health = JSON.parse(lines.find((line) => line.startsWith("{"))!);
  expect(health).toMatchObject({
    status: "ok",
    server_type: "peyk",
    asgi_application: true,
    channels_configured: true,
    websocket_routing: true,
    recommendations: [],
  });
  const paths = ["ws/test/", "ws/orders/{param}/", "ws/drivers/{param}/", "ws/dispatch-map/"];
  expect(health.websocket_endpoints).toEqual(expect.arrayContaining(paths));
});

describe("the diagnostic script", () => {
  testUnless(noPython, "with a token of staff, four checks are OK", async () => {
    const lines = await script(withToken(tokens[emails.staff]!));
    expect(marks(lines)).toEqual(["✅ OK      1.", "✅ OK      2.", "✅ OK      3.", "✅ OK      4."]);
    expect(lines[2]).toContain("test_message");
    expect(lines[3]).toContain("map_snapshot");
  });

  testUnless(noPython, "without a token, three", async () => {
    const [command] = example("script.sh").split("\n");
    const lines = await script(`${command} http://127.0.0.1:${server.url.port}`);
    expect(marks(lines).slice(0, 3)).toEqual(["✅ OK      1.", "✅ OK      2.", "✅ OK      3."]);
    expect(lines[3]).toContain("SKIPPED");
  });

  testUnless(noPython, "says why a token does not open the map, and that nobody serves", async () => {
    const [unknown, rider] = [
      await script(withToken("nonsense")),
      await script(withToken(tokens[emails.passenger]!)),
    ];
    expect(unknown[3]).toMatch(/FAILED {2}4\. .*4001 .*log in again/);
    expect(rider[3]).toMatch(/FAILED {2}4\. .*4003 .*is for staff/);
    const [port] = await freePorts(1);
    const nobody = await script(`python test_websocket.py http://127.0.0.1:${port}`);
    expect(nobody[0]).toMatch(/FAILED {2}1\. .*nothing answers/);
  });
});

test("the sockets of the list: an order for its passenger, the map for staff, the test for everybody", async () => {
  const { id } = await administrator.post("/api/passengers", { full_name: "Dana", user_id: "3" });
  const order = await administrator.post("/api/orders/", {
    passenger_id: id,
    pickup_title: "Abay 10",
    pickup_object_name: "Opera",
    dropoff_title: "Dostyk 5",
    dropoff_object_name: "Hospital",
    pickup_lat: 43.2,
    pickup_lon: 76.9,
    dropoff_lat: 43.3,
    dropoff_lon: 76.9,
    desired_pickup_time: new Date(Date.now() + 7_200_000).toISOString(),
  });
  const [orders, map, open] = example("sockets.txt").trim().split("\n") as [string, string, string];
  const passenger = tokens[emails.passenger]!;
  const sockets = [fill(orders, passenger, order.id), fill(map, tokens[emails.staff]!), fill(open, "")];
  for (const url of sockets) {
    const socket = await TestClient.open(url);
    socket.send({ type: "ping" });
    expect(await socket.next("pong")).toEqual({ type: "pong" });
    await socket.close();
  }
});

test("its three codes: 4001 without a token, 4003 for who is no staff, and the role that helps", async () => {
  const map = example("sockets.txt").split("\n")[1]!;
  const code = async (token: string) => (await (await TestClient.open(fill(map, token))).closed).code;
  expect(await code("")).toBe(4001);
  expect(await code(tokens[emails.passenger]!)).toBe(4003);
  const opened = await TestClient.open(fill(map, tokens[emails.staff]!));
  await opened.next("map_snapshot");
  // `is_staff` of the seed is a role here. Whoever loses it loses his open map.
  await peyk(server.dataDir, "user", "role", "--email", emails.staff, "--role", "passenger");
  expect(await opened.closed).toMatchObject({ code: 4001 });
  await peyk(server.dataDir, "user", "role", "--email", emails.passenger, "--role", "staff");
  expect(await code(tokens[emails.passenger]!)).toBe(4001);
  const now = await TestClient.open(fill(map, (await login(emails.passenger)).access_token));
  expect((await now.next()).type).toBe("map_snapshot");
  await now.close();
});
