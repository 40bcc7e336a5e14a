import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Administrator, administratorSettings } from "../kit/administrator.ts";
import { TestClient } from "../kit/client.ts";
import { ServerProcess } from "../kit/process.ts";
import { FakeTelegram } from "../kit/telegram/server.ts";
import { tempDir } from "../kit/temp.ts";
import { holds } from "../kit/until.ts";

const script = join(import.meta.dir, "..", "..", "scripts", "build.ts");

/** The program's own threads: the store's writer, and who copies its log. */
const threads = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).filter(
    (id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").trim() === "Worker",
  ).length;

test("the one-file executable serves, stores, and loads what a platform needs, from any folder", async () => {
  using folder = tempDir();
  const file = join(folder.path, "peyk");
  const build = Bun.spawn([process.execPath, script, file], { stdout: "ignore", stderr: "inherit" });
  expect(await build.exited).toBe(0);

  await using telegram = FakeTelegram.start();
  const options = { settings: administratorSettings, program: [file], dataDir: folder.path };
  {
    await using server = await ServerProcess.start(options);
    const administrator = await Administrator.of(server);
    const settings = { bot_token: telegram.token, api_root: telegram.url };
    await administrator.post("/api/inboxes", { kind: "telegram", name: "Bot", telegram: settings });
    const { id } = await administrator.post("/api/inboxes", { kind: "web", name: "Site" });
    const visitor = await TestClient.open(`ws://${server.url.host}/ws/widget/${id}`);
    visitor.send({ type: "message", content: "stored by the writer's thread" });
    await visitor.next("message");
    const script = await fetch(new URL("/widget.js", server.url));
    expect(script.headers.get("content-type")).toContain("javascript");
    await visitor.close();
    // More than its log may have: the thread that copies it has to be found in the executable, too.
    const note = { to: { user_id: "away" }, data: "x".repeat(30_000) };
    for (let i = 0; i < 14; i++)
      await Promise.all(Array.from({ length: 50 }, () => administrator.post("/api/clients/send", note)));
    const copied = () => statSync(join(folder.path, "peyk.db")).size;
    await holds(() => expect(copied()).toBeGreaterThan(10_000_000));
    if (process.platform === "linux") expect(threads(server.pid)).toBe(2);
  }
  await using again = await ServerProcess.start(options);
  const { conversations } = await (await Administrator.of(again)).get("/api/conversations");
  expect(conversations).toMatchObject([{ last_message: { content: "stored by the writer's thread" } }]);
}, 60_000);
