import { expect, test } from "bun:test";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FolderFiles } from "../../../src/adapters/files/folder.ts";
import { FakeClock } from "../../kit/clock.ts";
import { peyk } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { DeviceWorld, outside, picoToken } from "./kit.ts";

const as = (token: string) => ({ ...outside, Authorization: `Bearer ${token}` });

/** A device with a token of its own. */
async function add(world: DeviceWorld, id = "kitchen", kind = "pico"): Promise<string> {
  const answer = await world.post("", { kind, id, name: "Kitchen" }, world.admin);
  expect(answer.status).toBe(201);
  return (await world.app.json(answer)).token;
}

test("a device with its own token is itself, whatever it calls itself", async () => {
  await using world = await DeviceWorld.start();
  const token = await add(world);
  const pico = await world.namedPico("somebody else", {}, as(token));
  await pico.settle();
  expect((await world.get("")).devices.map(({ id }: { id: string }) => id)).toEqual(["kitchen"]);
  expect(await world.get("/kitchen")).toMatchObject({ own_token: true, state: "online", name: "Kitchen" });
});

test("the common token does not speak for a device that has its own", async () => {
  await using world = await DeviceWorld.start();
  await add(world, "pico-kitchen");
  const liar = await world.pico();
  liar.send({ type: "connect", device: "kitchen" });
  expect((await liar.next("error")).message).toContain("has a token of its own");
  expect((await liar.closed).code).toBe(4001);
});

test("a camera's own token does not open the Pico's socket", async () => {
  await using world = await DeviceWorld.start();
  const token = await add(world, "porch", "esp32cam");
  const pico = await world.pico(as(token));
  expect((await pico.next()).message).toContain("is for ESP32-CAM, not for Pico");
  expect((await pico.closed).code).toBe(4001);
});

test("revoking closes the socket within a second, and neither token opens it again", async () => {
  await using world = await DeviceWorld.start();
  const token = await add(world, "pico-kitchen");
  const pico = await world.namedPico("kitchen", {}, as(token));
  const started = performance.now();
  expect((await world.post("/pico-kitchen/revoke", {}, world.admin)).status).toBe(204);
  expect((await pico.closed).code).toBe(4001);
  expect(performance.now() - started).toBeLessThan(1_000);
  expect((await (await world.pico(as(token))).closed).code).toBe(4001);
  const shared = await world.pico(as(picoToken));
  shared.send({ type: "connect", device: "kitchen" });
  expect((await shared.closed).code).toBe(4001);
  expect((await world.get("/pico-kitchen")).revoked).toBe(true);
  expect((await world.post("/pico-kitchen/commands", { type: "status" })).status).toBe(409);
});

test("a board with the common token can be revoked, and is closed too", async () => {
  await using world = await DeviceWorld.start();
  const pico = await world.namedPico("stolen");
  await world.post("/pico-stolen/revoke", {}, world.admin);
  expect((await pico.closed).code).toBe(4001);
  const again = await world.pico();
  again.send({ type: "connect", device: "stolen" });
  expect((await again.next("error")).message).toContain("revoked");
});

test("after a rotation the old token counts until its grace ends, and so does its connection", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const old = await add(world);
  const open = await world.namedPico("kitchen", {}, as(old));
  const answer = await world.post("/kitchen/rotate", { grace_seconds: 60 }, world.admin);
  const { token } = await world.app.json(answer);
  for (const good of [old, token])
    expect((await (await world.pico(as(good))).next()).type).toBe("connection_ack");
  expect((await open.closed).code).toBe(4010);
  const holder = await world.namedPico("kitchen", {}, as(old));
  for (let passed = 0; passed < 62; passed += 10) {
    clock.advance(10_000);
    if (passed < 50) await holder.settle();
  }
  const { code, reason } = await holder.closed;
  expect(code).toBe(4001);
  expect(reason).toContain("expired");
  expect((await (await world.pico(as(old))).closed).code).toBe(4001);
  expect((await (await world.pico(as(token))).next()).type).toBe("connection_ack");
});

test("the command line adds, lists, rotates and revokes beside a running server", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const added = await peyk(folder.path, "device", "add", "--kind", "pico", "--name", "Kitchen");
  const token = /pd_\w+/.exec(added)![0];
  const pico = await world.namedPico("x", {}, as(token));
  await pico.settle();
  expect(await peyk(folder.path, "device", "list")).toMatch(/^pico-Kitchen +pico +online +own/m);
  const rotated = /pd_\w+/.exec(
    await peyk(folder.path, "device", "rotate", "pico-Kitchen", "--grace", "0"),
  )![0];
  expect((await pico.closed).code).toBe(4001);
  const newer = await world.namedPico("x", {}, as(rotated));
  await peyk(folder.path, "device", "revoke", "pico-Kitchen");
  expect((await newer.closed).code).toBe(4001);
  const [row] = JSON.parse(await peyk(folder.path, "device", "list", "--json"));
  expect(row).toMatchObject({ id: "pico-Kitchen", revoked: true });
  expect(JSON.stringify(row)).not.toContain("pd_");
}, 30_000);

test("only administrators give and end tokens; ids are unique and plain", async () => {
  await using world = await DeviceWorld.start();
  await add(world);
  expect((await world.post("", { kind: "pico" })).status).toBe(403);
  expect((await world.post("/kitchen/revoke", {})).status).toBe(403);
  expect((await world.post("/kitchen/rotate", {})).status).toBe(403);
  expect((await world.post("", { kind: "pico", id: "kitchen" }, world.admin)).status).toBe(409);
  expect((await world.post("", { kind: "pico", id: "../etc" }, world.admin)).status).toBe(422);
  expect((await world.post("", { kind: "toaster" }, world.admin)).status).toBe(422);
  expect((await world.post("/nobody/rotate", {}, world.admin)).status).toBe(404);
});

const publicTokens = (world: DeviceWorld, headers: Record<string, string> = {}) =>
  world.app.fetch("/public/tokens", { headers });

test("/public/tokens answers this machine, and others while a pairing window is open", async () => {
  using folder = tempDir();
  const clock = new FakeClock(Date.now());
  await using world = await DeviceWorld.start({ clock, dataDir: folder.path });
  expect((await publicTokens(world)).status).toBe(200);
  const refused = await publicTokens(world, outside);
  expect(refused.status).toBe(403);
  const problem = await world.app.json(refused);
  expect(problem).toMatchObject({ fault: "pairing_closed" });
  expect(problem.hint).toContain("peyk pair");
  expect(JSON.stringify(problem)).not.toContain(picoToken);
  await peyk(folder.path, "pair", "--minutes", "5");
  expect((await publicTokens(world, outside)).status).toBe(200);
  clock.advance(6 * 60_000);
  expect((await publicTokens(world, outside)).status).toBe(403);
  await world.post("/pairing", { minutes: 1 }, (await world.app.user("admin")).token);
  expect((await publicTokens(world, outside)).status).toBe(200);
  await peyk(folder.path, "pair", "--minutes", "0");
  expect((await publicTokens(world, outside)).status).toBe(403);
}, 30_000);

test("PUBLIC_TOKENS=open answers everybody, and health warns of it; off answers nobody", async () => {
  await using open = await DeviceWorld.start({ flags: { "public-tokens": "open" } });
  expect((await publicTokens(open, outside)).status).toBe(200);
  const health = await open.app.json(open.app.fetch("/api/websocket/health/"));
  expect(health.status).toBe("warning");
  expect(health.recommendations[0]).toContain("PUBLIC_TOKENS=pairing");
  await using off = await DeviceWorld.start({ flags: { "public-tokens": "off" } });
  expect((await publicTokens(off)).status).toBe(403);
});

test("common tokens are made once and kept", async () => {
  using folder = tempDir();
  const flags = { "pico-auth-tokens": undefined, "esp32cam-auth-tokens": undefined };
  const tokens = async () => {
    await using world = await DeviceWorld.start({ dataDir: folder.path, flags });
    return await world.app.json(publicTokens(world));
  };
  const [first, second] = [await tokens(), await tokens()];
  expect(first.pico_tokens[0]).toMatch(/^pico_\w{32}$/);
  expect(second.pico_tokens).toEqual(first.pico_tokens);
  expect(second.esp32cam_tokens).toEqual(first.esp32cam_tokens);
});

test("a broken file of common tokens ends the start with a sentence that says what to do", async () => {
  using folder = tempDir();
  const flags = { "pico-auth-tokens": undefined, "esp32cam-auth-tokens": undefined };
  for (const broken of ['{"pico":["half', '{"pico":[]}', ""]) {
    writeFileSync(join(folder.path, "device_tokens.json"), broken);
    const start = DeviceWorld.start({ dataDir: folder.path, flags });
    await expect(start).rejects.toThrow(/device_tokens.json is broken.*or delete it/);
  }
});

test("a disk that is full is said to be full, and leaves no half of a photo", async () => {
  using folder = tempDir();
  symlinkSync("/dev/full", join(folder.path, "photo.jpg.peyk-part"));
  const writing = new FolderFiles(folder.path).write("photo.jpg", new Uint8Array(100));
  await expect(writing).rejects.toMatchObject({
    fault: "unavailable",
    message: expect.stringContaining("full"),
  });
  expect(readdirSync(folder.path)).toEqual([]);
});

test("peyk pair refuses before it opens anything where PUBLIC_TOKENS is off", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  await expect(peyk(folder.path, "pair", "--public-tokens", "off")).rejects.toThrow(/Set it to pairing/);
  expect((await publicTokens(world, outside)).status).toBe(403);
});
