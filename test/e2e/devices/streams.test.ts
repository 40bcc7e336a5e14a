import { expect, test } from "bun:test";
import { FakeClock } from "../../kit/clock.ts";
import { RawClient } from "../../kit/raw.ts";
import { until } from "../../kit/until.ts";
import { DeviceWorld, jpeg } from "./kit.ts";

const path = "/api/devices/esp32cam-porch/stream.mjpeg";
const viewers = (world: DeviceWorld, n: number) =>
  until(
    () => world.get("/esp32cam-porch"),
    ({ camera }) => camera.viewers === n,
  );

test("HEAD on a stream starts none, however often", async () => {
  await using world = await DeviceWorld.start();
  const camera = await world.namedCamera();
  camera.send(jpeg(1));
  await camera.settle();
  for (let n = 0; n < 201; n++) await world.app.fetch(path, { method: "HEAD", token: world.staff });
  const answer = await world.app.fetch(path, { token: world.staff });
  expect(answer.status).toBe(200);
  const reader = answer.body!.getReader();
  await reader.read();
  await viewers(world, 1);
  await reader.cancel();
  await viewers(world, 0);
});

test("a stream of a camera without a picture answers at once, stays open, and brings the first one", async () => {
  const clock = new FakeClock();
  await using world = await DeviceWorld.start({ clock });
  const camera = await world.namedCamera();
  using reader = await RawClient.open(world.app.port);
  reader.socket.write(`GET ${path}?token=${world.staff} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await reader.until("--frame\r\n");
  clock.advance(4_000);
  // A header of the picture that is to come: all that a parser takes in this place.
  await reader.until("X-Waiting: 1\r\n");
  camera.send(jpeg(7, 300));
  await reader.until("Content-Type: image/jpeg\r\nContent-Length: 300\r\n\r\n\u00ff\u00d8");
});

/** Reads on until the stream ends. */
async function end(answer: Response): Promise<void> {
  const reader = answer.body!.getReader();
  while (!(await reader.read()).done);
}

test("a stream ends soon after its token does", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await DeviceWorld.start({ clock });
  const camera = await world.namedCamera();
  camera.send(jpeg(1));
  const { email } = await world.app.user("staff");
  const token = await world.app.app.accounts.issueToken(email, 10);
  const ended = end(await world.app.fetch(`${path}?token=${token}`));
  await viewers(world, 1);
  clock.advance(8_000);
  await viewers(world, 1);
  clock.advance(5_000);
  await ended;
  await viewers(world, 0);
});

test("a stream ends soon after the session of its viewer was revoked", async () => {
  const clock = new FakeClock(Date.now());
  await using world = await DeviceWorld.start({ clock });
  await world.namedCamera();
  const { token, email } = await world.app.user("staff");
  const ended = end(await world.app.fetch(`${path}?token=${token}`));
  await viewers(world, 1);
  await world.app.app.accounts.setActive(email, false);
  clock.advance(5_000);
  await ended;
  await viewers(world, 0);
});
