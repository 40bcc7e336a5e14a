import { expect, test } from "bun:test";
import type { TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";
import { center, DispatchWorld, north, type Person } from "./kit.ts";

/** The same numbers in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const random = dice(42);
const within = (from: number, to: number) => Math.floor(from + random() * (to - from + 1));

interface Point {
  readonly lat: number;
  readonly lon: number;
  readonly at: number;
}

/** A driver's phone: it goes along its way, keeps what the server did not confirm, and sends it again. */
class Phone {
  readonly person: Person;
  readonly #connect: () => Promise<TestClient>;
  #socket: TestClient | undefined;
  #away = 0;
  /** Sent, or to be sent, and not confirmed. */
  #kept: Point[] = [];
  #metres = 0;
  readonly #lon: number;
  last: Point | undefined;
  points = 0;
  cuts = 0;

  constructor(person: Person, connect: () => Promise<TestClient>) {
    this.person = person;
    this.#connect = connect;
    this.#lon = center.lon + person.id / 1_000;
  }

  async drive(at: number): Promise<void> {
    this.#metres += within(20, 70);
    this.last = { ...north({ ...center, lon: this.#lon }, this.#metres), at };
    this.points++;
    this.#kept.push(this.last);
    if (this.#away-- > 0) return;
    if (this.#socket === undefined) await this.#come();
    else this.#socket.send({ type: "location", ...this.last });
    if (random() < 1 / 60) return this.#cut();
    await this.#confirmed();
  }

  async #come(): Promise<void> {
    this.#socket = await this.#connect();
    this.#socket.send({ type: "location", points: this.#kept });
  }

  async #confirmed(): Promise<void> {
    await this.#socket!.settle();
    this.#kept = [];
  }

  /** Half of them without a word. What was just sent may have arrived, or not: nobody confirmed it. */
  #cut(): void {
    this.cuts++;
    if (random() < 0.5) this.#socket!.socket.close();
    else this.#socket!.socket.terminate();
    this.#socket = undefined;
    this.#away = within(0, 6);
  }

  async end(): Promise<void> {
    if (this.#socket === undefined) await this.#come();
    await this.#confirmed();
    await this.#socket!.close();
  }
}

/** A dispatcher's page: what it shows, from what it was told. */
class Page {
  readonly positions = new Map<string, { lat: number; lon: number }>();
  readonly orders = new Map<string, string>();
  readonly cursors: string[] = [];
  readonly #connect: (query: string) => Promise<TestClient>;
  readonly #batch: boolean;
  #socket: TestClient | undefined;
  #cursor: string | undefined;
  #away = 0;
  cuts = 0;

  constructor(batch: boolean, connect: (query: string) => Promise<TestClient>) {
    this.#batch = batch;
    this.#connect = connect;
  }

  async look(): Promise<void> {
    if (this.#away-- > 0) return;
    await this.watch();
    if (random() > 1 / 15) return;
    this.cuts++;
    if (random() < 0.5) this.#socket!.socket.close();
    else this.#socket!.socket.terminate();
    this.#socket = undefined;
    this.#away = within(0, 8);
  }

  async watch(): Promise<void> {
    if (this.#socket === undefined) {
      this.#socket = await this.#connect(this.#cursor === undefined ? "" : `&since=${this.#cursor}`);
      if (this.#batch) this.#socket.send({ type: "viewport", batch: true });
    }
    for (const frame of await this.#socket.settle()) this.#read(frame);
  }

  // biome-ignore lint/suspicious/noExplicitAny: frames of every shape.
  #read({ type, data, cursor, recovered }: any): void {
    if (type === "map_snapshot") this.#cursor = data.cursor;
    if (type === "driver_location_update") this.#see(data);
    if (type === "driver_locations") for (const each of data.drivers) this.#see(each);
    if (type === "order_created" || type === "order_update") this.orders.set(data.id, data.status);
    if (type === "catch_up") expect(recovered).toBe(true);
    if (cursor === undefined) return;
    this.#cursor = cursor;
    if (type !== "catch_up") this.cursors.push(cursor);
  }

  #see({ driver_id, lat, lon }: { driver_id: string; lat: number; lon: number }): void {
    this.positions.set(driver_id, { lat, lon });
  }

  close(): Promise<void> {
    return this.#socket!.close();
  }
}

/** Accounts without the hour that two hundred passwords take. */
async function addDrivers(world: DispatchWorld, count: number): Promise<Person[]> {
  const { store, accounts } = world.app.app;
  const emails = Array.from({ length: count }, (_, i) => `driver${i}@example.com`);
  const row = { role: "driver" as const, password_hash: "none", active: 1, created_at: 0 };
  const writes = emails.map((email) =>
    store.db
      .insertInto("users")
      .values({ ...row, email, name: email })
      .returning("id"),
  );
  const { results } = await store.commit({ writes });
  return Promise.all(
    emails.map(async (email, i) => {
      const user = String(results[i]!.rows[0]!.id);
      const driver = await world.made(world.post("/api/drivers/", { name: email, user_id: user }));
      return { id: driver.id, user, token: await accounts.issueToken(email, 3600) };
    }),
  );
}

const drive = ["driver_en_route", "arrived_waiting", "ride_ongoing", "completed"];

/** One more step of an order, whatever is possible now. */
async function goOn(world: DispatchWorld, order: string, phones: readonly Phone[]): Promise<void> {
  const { status, driver } = await world.get(`/api/orders/${order}/`);
  if (status === "submitted") {
    const { id } = phones[within(0, phones.length - 1)]!.person;
    await world.assign(order, { driver_id: id });
  } else if (status !== "completed") {
    const token = phones.find(({ person }) => person.id === driver.id)!.person.token;
    await world.made(world.step(order, drive[["assigned", ...drive].indexOf(status)]!, token));
  }
}

/** Ten minutes of a clock that the test holds, a position of each driver every five seconds; the sockets are real. */
test("200 drivers, 10 minutes and some hundred disconnects later three maps show the same, and nothing came twice", async () => {
  // The journal stamps events with the real time: a clock far from it would have them pruned meanwhile.
  const flags = { "connect-rate": "100000", "max-connections-per-address": "1000" };
  await using world = await DispatchWorld.start({ clock: new FakeClock(Date.now()), flags });
  const drivers = await addDrivers(world, 200);
  const phones = drivers.map((person) => new Phone(person, () => world.driverSocket(person)));
  const pages = [false, true, true].map(
    (batch) => new Page(batch, (query) => world.socket("dispatch-map", world.staff, query)),
  );
  const orders: string[] = [];
  for (let second = 0; second < 600; second += 5) {
    if (second % 10 === 0 && second < 500) orders.push(await world.order());
    for (let i = 0; i < 3; i++) await goOn(world, orders[within(0, orders.length - 1)]!, phones);
    await Promise.all(phones.map((phone) => phone.drive(world.clock.now())));
    await Promise.all(pages.map((page) => page.look()));
    await world.pass(5_000);
  }
  await Promise.all(phones.map((phone) => phone.end()));
  await Promise.all(pages.map((page) => page.watch()));
  await world.pass(2_000);
  await Promise.all(pages.map((page) => page.watch()));

  const places = Object.fromEntries(
    phones.map(({ person, last }) => [person.id, { lat: last!.lat, lon: last!.lon }]),
  );
  const { results } = await world.get("/api/orders/?page_size=100");
  const states = Object.fromEntries(results.map(({ id, status }: Record<string, string>) => [id, status]));
  for (const page of pages) {
    expect(Object.fromEntries(page.positions)).toEqual(places);
    expect(Object.fromEntries(page.orders)).toEqual(states);
    const order = page.cursors.map((cursor) => Number(cursor.split("-")[1]));
    expect(order).toEqual([...new Set(order)].toSorted((a, b) => a - b));
    expect(page.cursors).toEqual(pages[0]!.cursors);
  }
  expect(Object.keys(states)).toHaveLength(50);
  expect(Object.values(states)).toContain("completed");
  // Every position is in the track, once.
  for (const { person, points } of phones) {
    const track = await world.get(`/api/drivers/${person.id}/track/`);
    expect(track.points).toHaveLength(points);
  }
  const cuts = [...phones, ...pages].reduce((sum, each) => sum + each.cuts, 0);
  expect(cuts).toBeGreaterThan(200);
  await Promise.all(pages.map((page) => page.close()));
}, 60_000);
