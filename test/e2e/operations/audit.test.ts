import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { peyk } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { OperationsWorld } from "./kit.ts";

interface Entry {
  readonly id: number;
  readonly who: string;
  readonly what: string;
  readonly target: string;
}

const shortly = ({ who, what, target }: Entry) => [who, what, target];

test("what staff do over HTTP to devices and inboxes is noted, once it is done", async () => {
  await using world = await OperationsWorld.start();
  const { id: admin, token } = await world.app.user("admin");
  const act = (path: string, method: string, body?: object) =>
    world.app.fetch(path, {
      ...{ method, token, headers: { "Content-Type": "application/json" } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  await act("/api/devices", "POST", { kind: "pico", id: "cellar" });
  await act("/api/devices/cellar", "PATCH", { name: "Cellar" });
  await act("/api/devices/cellar/rotate", "POST", {});
  await act("/api/devices/cellar/revoke", "POST");
  await act("/api/devices/nobody/revoke", "POST");
  await act("/api/devices/cellar", "DELETE");
  await act("/api/devices/pairing", "POST", { minutes: 1 });
  const { id: inbox } = await world.app.json(act("/api/inboxes", "POST", { kind: "web", name: "Site" }));
  await act(`/api/inboxes/${inbox}/members`, "POST", { user_id: world.staff.id });
  await act(`/api/inboxes/${inbox}/members/${world.staff.id}`, "DELETE");
  await act(`/api/inboxes/${inbox}`, "DELETE");
  const { entries } = await world.get("/api/audit");
  expect(entries.map(shortly).reverse()).toEqual([
    [admin, "device.add", "devices"],
    [admin, "device.rotate", "cellar"],
    [admin, "device.revoke", "cellar"],
    [admin, "device.remove", "cellar"],
    [admin, "pairing.open", "pairing"],
    [admin, "inbox.add", "inboxes"],
    [admin, "inbox.add_member", inbox],
    [admin, "inbox.remove_member", inbox],
    [admin, "inbox.remove", inbox],
  ]);
});

test("what is done on the command line is noted as that, without the password", async () => {
  using dir = tempDir();
  await using world = await OperationsWorld.start({ dataDir: dir.path });
  const email = "ana@example.com";
  const user = (...args: string[]) => peyk(dir.path, "user", ...args, "--email", email);
  await user("add", "--password", "correct horse");
  await user("passwd", "--password", "battery staple");
  await user("role", "--role", "staff");
  await user("disable");
  await peyk(dir.path, "pair", "--minutes", "0");
  const { entries } = await world.get("/api/audit");
  const by = "command-line";
  expect(entries.map(shortly).reverse()).toEqual([
    [by, "user.add", email],
    [by, "user.passwd", email],
    [by, "user.role.staff", email],
    [by, "user.disable", email],
    [by, "pairing.open", "0 minutes"],
  ]);
  for (const secret of ["correct horse", "battery staple"])
    expect(JSON.stringify(entries)).not.toContain(secret);
}, 30_000);

test("the audit is read in pages and by who, what and target; tokens and long words do not get in", async () => {
  await using world = await OperationsWorld.start();
  const { audit } = world.app.app;
  const { token, email } = await world.app.user();
  for (let n = 0; n < 5; n++)
    await audit.record({
      by: { id: `${n % 2}`, name: email },
      what: `test.${n}`,
      target: "t",
      detail: { n },
    });
  await audit.record({
    by: { id: "9", name: token },
    what: "test.secret",
    target: token,
    detail: { said: token, long: "x".repeat(5_000) },
  });
  const whats = async (query: string) =>
    (await world.get(`/api/audit${query}`)).entries.map(({ what }: Entry) => what);
  expect(await whats("?who=1")).toEqual(["test.3", "test.1"]);
  expect(await whats("?what=test.2&target=t")).toEqual(["test.2"]);
  const { entries } = await world.get("/api/audit?limit=2");
  expect(entries[1]).toMatchObject({ what: "test.4", name: email, detail: { n: 4 } });
  expect(await whats(`?limit=2&before=${entries[1].id}`)).toEqual(["test.3", "test.2"]);
  const all = JSON.stringify(await world.get("/api/audit"));
  for (const part of token.split(".")) expect(all).not.toContain(part);
});

test("AUDIT_MAX_AGE", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await OperationsWorld.start({ clock, flags: { "audit-max-age": String(86_400) } });
  const { audit } = world.app.app;
  const record = (what: string) => audit.record({ by: { id: "1", name: "x" }, what, target: "t" });
  await record("old");
  clock.set(86_400_000);
  await record("young");
  clock.set(1);
  clock.advance(3_600_000);
  const whats = async () => (await audit.page({ limit: 10 })).map(({ what }) => what);
  while ((await whats()).length > 1) await Bun.sleep(5);
  expect(await whats()).toEqual(["young"]);
});
