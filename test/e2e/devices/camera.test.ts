import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RawClient } from "../../kit/raw.ts";
import { tempDir } from "../../kit/temp.ts";
import { until } from "../../kit/until.ts";
import { DeviceWorld, jpeg } from "./kit.ts";

const bytes = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());

test("pictures come with and without metadata; what is no picture is dropped, counted, and closes nothing", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  camera.send(jpeg(1));
  camera.send({ type: "frame", width: 640, height: 480 });
  camera.send(jpeg(2));
  camera.send({ type: "frame_metadata", size: 1 });
  camera.send({ type: "frame_metadata", size: 1 });
  camera.send(new Uint8Array([0x89, 0x50, 0x4e, 0x47]));
  camera.send(new Uint8Array());
  camera.send(jpeg(3, 3_000_000));
  expect(await camera.settle()).toEqual([]);
  const { frames, dropped } = (await world.get("/esp32cam-porch")).camera;
  expect(frames).toBe(2);
  expect(dropped).toEqual({ no_frame: 1, not_jpeg: 1, empty: 1, too_big: 1 });
  const metrics = await (await world.app.fetch("/metrics")).text();
  expect(metrics).toContain('peyk_frames_total{result="too_big"} 1');
});

test("a message past every limit closes with 1009, and binary where none belongs is refused", async () => {
  await using world = await DeviceWorld.start({ flags: { "max-frame-bytes": 100_000 } });
  const camera = await world.namedCamera();
  camera.send(jpeg(1, 300_000));
  expect((await camera.closed).code).toBe(1009);
  const pico = await world.namedPico();
  pico.send(jpeg(1));
  expect((await pico.next("error")).error).toBe("binary_refused");
  pico.send({ type: "log", message: "x".repeat(70_000) });
  expect((await pico.closed).code).toBe(1009);
});

test("several cameras: each has its address, and /ws/video says that one must be named", async () => {
  await using world = await DeviceWorld.start();
  const [porch, garage] = [await world.namedCamera("porch"), await world.namedCamera("garage")];
  const watch = (path: string) => world.app.connect(`${path}?token=${world.staff}`);
  const lost = await watch("/ws/video");
  expect((await lost.next("error")).message).toContain("esp32cam-garage, esp32cam-porch");
  expect((await lost.closed).code).toBe(4004);
  const viewer = await watch("/ws/video/esp32cam-garage");
  await viewer.next("pong");
  porch.send(jpeg(1));
  await porch.settle();
  garage.send(jpeg(2));
  expect(new Uint8Array((await viewer.next("binary")).data)).toEqual(jpeg(2));
  const late = await watch("/ws/video/esp32cam-porch");
  expect(new Uint8Array((await late.next("binary")).data)).toEqual(jpeg(1));
  for (const path of ["/ws/video/nobody", "/ws/video/pico-kitchen"])
    expect((await (await watch(path)).closed).code).toBe(4004);
});

test("a dashboard of the original authenticates with its own first message", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const dashboard = await world.app.connect("/ws/video");
  dashboard.send({ type: "authenticate", token: world.staff, timestamp: 1 });
  expect(await dashboard.next()).toMatchObject({ type: "authenticated", role: "staff" });
  expect((await dashboard.next()).type).toBe("pong");
  camera.send(jpeg(9));
  expect((await dashboard.next("binary")).data[4]).toBe(9);
});

test("the newest picture as a file, with its age", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  const ask = (token = world.staff) => world.app.fetch("/api/devices/esp32cam-porch/snapshot.jpg", { token });
  expect((await ask()).status).toBe(404);
  camera.send(jpeg(1));
  camera.send(jpeg(2));
  await camera.settle();
  const answer = await ask();
  expect(answer.headers.get("content-type")).toBe("image/jpeg");
  expect(Number(answer.headers.get("x-frame-age"))).toBeLessThan(5_000);
  expect(await bytes(answer)).toEqual(jpeg(2));
  expect((await ask((await world.app.user("user")).token)).status).toBe(403);
  const byQuery = `/api/devices/esp32cam-porch/snapshot.jpg?token=${world.staff}`;
  expect((await world.app.fetch(byQuery)).status).toBe(200);
  expect((await world.app.fetch(`/api/devices?token=${world.staff}`)).status).toBe(401);
});

test("MJPEG: one picture after the other, and a viewer who does not read holds up nobody", async () => {
  await using world = await DeviceWorld.start({ flags: { "message-rate": 0 } });
  const camera = await world.namedCamera();
  const path = `/api/devices/esp32cam-porch/stream.mjpeg?token=${world.staff}`;
  using reader = await RawClient.open(world.app.port);
  reader.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await reader.until("multipart/x-mixed-replace;boundary=frame");
  using stalled = await RawClient.open(world.app.port);
  stalled.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await stalled.until("multipart");
  stalled.socket.pause();
  await until(
    () => world.get("/esp32cam-porch"),
    ({ camera: { viewers } }) => viewers === 2,
  );
  for (let n = 0; n < 300; n++) {
    camera.send(jpeg(n % 200, 100_000));
    if (n % 10 === 0) await camera.settle();
  }
  camera.send(jpeg(201, 300));
  await reader.until("Content-Length: 300\r\n\r\n\u00ff\u00d8\u00ff\u00e0\u00c9");
  // 300 pictures are 30 MB; what the system's own buffers took is all that was written to the one who stalled.
  expect(stalled.socket.bytesRead).toBeLessThan(10_000_000);
  reader.socket.destroy();
  stalled.socket.destroy();
  await until(
    () => world.get("/esp32cam-porch"),
    ({ camera: { viewers } }) => viewers === 0,
  );
});

test("a stalled viewer on a socket costs one picture, and gets the newest when it wakes", async () => {
  await using world = await DeviceWorld.start({ flags: { "message-rate": 0, "max-outbox-bytes": 16_384 } });
  const camera = await world.namedCamera();
  using stalled = await RawClient.open(world.app.port);
  stalled.upgrade(`/ws/video?token=${world.staff}`);
  await stalled.until('"pong"');
  stalled.socket.pause();
  for (let n = 0; n < 300; n++) {
    camera.send(jpeg(n % 200, 100_000));
    if (n % 10 === 0) await camera.settle();
  }
  const connection = [...world.app.app.core.connections.all()].find(
    ({ channel }) => channel?.name === "only_video",
  )!;
  expect(connection.isOver).toBe(false);
  camera.send(jpeg(201, 300));
  await camera.settle();
  stalled.socket.resume();
  // The last frame: FIN and binary, 126 for a length in two bytes, 300 = 0x012c.
  await stalled.until("\u0082\u007e\u0001\u002c\u00ff\u00d8\u00ff\u00e0\u00c9");
  expect(stalled.received.length).toBeLessThan(10_000_000);
}, 20_000);

test("a camera that can be asked is slowed down while nobody watches", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera("porch", { capabilities: ["stream_control"] });
  expect(await camera.next("stream")).toEqual({ type: "stream", fps: 1 });
  const viewer = await world.app.connect(`/ws/video?token=${world.staff}`);
  expect(await camera.next("stream")).toEqual({ type: "stream", fps: 25 });
  await viewer.close();
  expect(await camera.next("stream")).toEqual({ type: "stream", fps: 1 });
});

/** Has the camera send a photo, and returns its event. */
async function shoot(
  world: DeviceWorld,
  camera: Awaited<ReturnType<DeviceWorld["namedCamera"]>>,
  n: number,
  size: number,
) {
  const operator = await world.operator();
  camera.send({ type: "photo_data", size, format: "jpeg" });
  camera.send(jpeg(n, size));
  const photo = await operator.next("photo_captured");
  await operator.close();
  return photo;
}

test("photos are listed, newest first, and deleted with their files", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  const camera = await world.namedCamera();
  const [a, b] = [await shoot(world, camera, 1, 300), await shoot(world, camera, 2, 400)];
  const page = await world.get("/esp32cam-porch/photos");
  expect(page.count).toBe(2);
  expect(page.photos.map(({ id }: { id: string }) => id)).toEqual([b.id, a.id]);
  expect(readdirSync(join(folder.path, "photos")).sort()).toEqual([a.filename, b.filename].sort());
  const operator = await world.operator();
  expect((await world.delete(`/esp32cam-porch/photos/${a.id}`)).status).toBe(204);
  expect(await operator.next("photo_deleted")).toMatchObject({ id: a.id, filename: a.filename });
  expect((await world.app.fetch(a.url, { token: world.staff })).status).toBe(404);
  expect((await world.delete(`/esp32cam-porch/photos/${a.id}`)).status).toBe(404);
  expect((await world.delete(`/pico-other/photos/${b.id}`)).status).toBe(404);
  expect(readdirSync(join(folder.path, "photos"))).toEqual([b.filename]);
  expect((await world.app.fetch(b.url)).status).toBe(401);
});

test("past the quota the oldest photos go first", async () => {
  using folder = tempDir();
  await using world = await DeviceWorld.start({
    dataDir: folder.path,
    flags: { "photo-quota-bytes": 1_000 },
  });
  const camera = await world.namedCamera();
  const photos = [];
  for (let n = 0; n < 4; n++) photos.push(await shoot(world, camera, n, 400));
  const kept = (await world.get("/esp32cam-porch/photos")).photos.map(({ id }: { id: string }) => id);
  expect(kept).toEqual([photos[3]!.id, photos[2]!.id]);
  expect(readdirSync(join(folder.path, "photos"))).toHaveLength(2);
  const { id } = await world.command("esp32cam-porch", { type: "capture_photo" });
  while ((await camera.next()).command_id !== id);
  camera.send({ type: "photo_data", size: 2_000 });
  camera.send(jpeg(9, 2_000));
  expect((await world.commandIs("esp32cam-porch", id, "failed")).detail).toContain("PHOTO_QUOTA_BYTES");
});

test("a photo that a crash left without a row is removed at the next start; all other files stay", async () => {
  using folder = tempDir();
  let url: string;
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path });
    ({ url } = await shoot(world, await world.namedCamera(), 1, 300));
  }
  const file = (name: string) => join(folder.path, "photos", name);
  const orphan = file("photo-29990101T000000-abcdefgh.jpg");
  const others = ["orphan.jpg", ".DS_Store", "photo-20200101T000000-abcdefgh.jpg", "holiday.part"].map(file);
  for (const path of [orphan, ...others]) writeFileSync(path, "x");
  mkdirSync(file("lost+found"));
  await using world = await DeviceWorld.start({ dataDir: folder.path });
  expect(existsSync(orphan)).toBe(false);
  for (const path of [...others, file("lost+found")]) expect(existsSync(path)).toBe(true);
  expect(String((await world.app.event("failure")).error)).toContain("photo-20200101T000000-abcdefgh.jpg");
  expect(await bytes(await world.app.fetch(url, { token: world.staff }))).toEqual(jpeg(1, 300));
});

test("a start with another database removes no photo", async () => {
  using folder = tempDir();
  {
    await using world = await DeviceWorld.start({ dataDir: folder.path });
    const camera = await world.namedCamera();
    for (let n = 0; n < 3; n++) await shoot(world, camera, n, 300);
  }
  const flags = { "database-url": `sqlite:${join(folder.path, "other.db")}` };
  await using _ = await DeviceWorld.start({ dataDir: folder.path, flags });
  expect(readdirSync(join(folder.path, "photos"))).toHaveLength(3);
});
