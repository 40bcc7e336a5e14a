import { expect, test } from "bun:test";
import { TestClient } from "../../kit/client.ts";
import { peyk, ServerProcess } from "../../kit/process.ts";
import { tempDir } from "../../kit/temp.ts";
import { center, north } from "./kit.ts";

const driverCount = 3;
const orderCount = 18;
const kills = 3;
/** Far shorter than the server's life, so that most of its deaths find offers open. */
const settings = { OFFER_TIME: "1" };

interface Driver {
  readonly id: number;
  readonly place: typeof center;
}

/** What a dispatcher asks over HTTP; who gets no answer asks again later. */
class Desk {
  url!: URL;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async ask(method: string, path: string, body?: object) {
    const headers = { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const answer = await fetch(new URL(path, this.url), init);
    // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape.
    return (answer.status === 204 ? undefined : await answer.json()) as any;
  }

  map(): Promise<TestClient> {
    return TestClient.open(`ws://127.0.0.1:${this.url.port}/ws/dispatch-map/?token=${this.#token}`);
  }
}

async function drivers(desk: Desk): Promise<Driver[]> {
  const list: Driver[] = [];
  for (let i = 0; i < driverCount; i++) {
    const { id } = await desk.ask("POST", "/api/drivers/", { name: `Driver ${i}` });
    await desk.ask("PATCH", `/api/drivers/${id}/online-status/`, { is_online: true });
    list.push({ id, place: north(center, 100 * i) });
  }
  return list;
}

async function orders(desk: Desk): Promise<string[]> {
  const { id: passenger_id } = await desk.ask("POST", "/api/passengers/", { full_name: "Dana" });
  const drop = north(center, 5_000);
  const order = {
    passenger_id,
    pickup_title: "Abay 10",
    pickup_object_name: "Opera",
    dropoff_title: "Dostyk 5",
    dropoff_object_name: "Hospital",
    pickup_lat: center.lat,
    pickup_lon: center.lon,
    dropoff_lat: drop.lat,
    dropoff_lon: drop.lon,
    desired_pickup_time: new Date(Date.now() + 5_400_000).toISOString(),
  };
  const made = Array.from({ length: orderCount }, () => desk.ask("POST", "/api/orders/", order));
  return (await Promise.all(made)).map(({ id }) => id);
}

const open = ["submitted", "active_queue"];
const next: Record<string, string> = {
  assigned: "driver_en_route",
  driver_en_route: "arrived_waiting",
  arrived_waiting: "ride_ongoing",
  ride_ongoing: "completed",
};

/** Offers what waits, drives what is given, until the server is gone. */
async function work(desk: Desk, fleet: readonly Driver[], isGone: () => boolean): Promise<void> {
  try {
    for (;;) {
      const { results } = await desk.ask("GET", "/api/orders/?page_size=100");
      const asked = results.map(({ id, status }: Record<string, string>) => {
        const how = id!.charCodeAt(id!.length - 1) % 2 === 0 ? "offer" : "assign";
        if (open.includes(status!)) return desk.ask("POST", `/api/dispatch/${how}/${id}/`, {});
        if (next[status!] !== undefined)
          return desk.ask("PATCH", `/api/orders/${id}/status/`, { status: next[status!] });
        return undefined;
      });
      const here = fleet.map(({ id, place }) =>
        desk.ask("PATCH", `/api/drivers/${id}/location/`, { lat: place.lat, lon: place.lon }),
      );
      await Promise.all([...asked, ...here]);
    }
  } catch (error) {
    if (!isGone()) throw error;
  }
}

/** Every step begins where the one before ended. */
async function isChain(desk: Desk, order: string): Promise<boolean> {
  const { events } = await desk.ask("GET", `/api/orders/${order}/history/`);
  const { status } = await desk.ask("GET", `/api/orders/${order}/`);
  const states = events.map(({ status_to }: Record<string, string>) => status_to);
  const from = events.map(({ status_from }: Record<string, string | null>) => status_from);
  return states.at(-1) === status && JSON.stringify(from) === JSON.stringify([null, ...states.slice(0, -1)]);
}

test("kill -9 amid offers and rides: no order is stuck, no step is missing, all drivers are where they were", async () => {
  using dir = tempDir();
  let server = await ServerProcess.start({ dataDir: dir.path, settings });
  const token = await peyk(
    dir.path,
    "token",
    "issue",
    "--user",
    "admin@localhost.localdomain",
    "--ttl",
    "1h",
  );
  const desk = new Desk(token.trim());
  desk.url = server.url;
  const fleet = await drivers(desk);
  const ids = await orders(desk);
  for (let i = 0; i < kills; i++) {
    let isGone = false;
    const working = work(desk, fleet, () => isGone);
    // Not to wait for anything: it dies at a moment like any other.
    await Bun.sleep(700 + 450 * i);
    isGone = true;
    await server.end("SIGKILL");
    await working;
    server = await ServerProcess.start({ dataDir: dir.path, settings });
    desk.url = server.url;
  }
  // Whoever is asked says nothing, so every search ends with a dispatcher.
  const status = async () =>
    (await desk.ask("GET", "/api/orders/?page_size=100")).results.map(
      ({ status }: Record<string, string>) => status,
    );
  const searching = async () =>
    (await status()).filter((each: string) => ["offered", "matching"].includes(each));
  for (const end = Date.now() + 20_000; (await searching()).length > 0; await Bun.sleep(200))
    if (Date.now() > end) throw new Error(`stuck: ${await searching()}`);
  for (const id of ids) expect([id, await isChain(desk, id)]).toEqual([id, true]);
  // It was not idle: rides came to their end, and searches too.
  expect(await status()).toEqual(expect.arrayContaining(["completed", "active_queue"]));
  const map = await desk.map();
  const { data } = await map.next("map_snapshot");
  const places = new Map(data.drivers.map(({ id, lat, lon }: Record<string, unknown>) => [id, { lat, lon }]));
  for (const { id, place } of fleet) expect(places.get(String(id))).toEqual(place);
  const shown = data.orders.map(({ status }: Record<string, string>) => status).toSorted();
  expect(shown).toEqual((await status()).filter((each: string) => each !== "completed").toSorted());
  await map.close();
  await server.end("SIGTERM");
}, 60_000);
