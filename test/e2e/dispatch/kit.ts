import type { Role } from "../../../src/core/identity.ts";
import { TestApp, type TestOptions } from "../../kit/app.ts";
import type { Received, TestClient } from "../../kit/client.ts";
import { FakeClock } from "../../kit/clock.ts";

/** The middle of Almaty. */
export const center = { lat: 43.238, lon: 76.945 };

/** So many metres north of a place. */
export const north = ({ lat, lon }: typeof center, metres: number) => ({ lat: lat + metres / 111_195, lon });

export interface Person {
  readonly id: number;
  readonly token: string;
  readonly user: string;
}

/** A server with a dispatcher, a passenger, two drivers and somebody who has nothing to do with it. */
export class DispatchWorld {
  readonly app: TestApp;
  staff!: string;
  passenger!: Person;
  stranger!: Person;
  ali!: Person;
  vera!: Person;

  private constructor(app: TestApp) {
    this.app = app;
  }

  static async start(options: TestOptions = {}): Promise<DispatchWorld> {
    const world = new DispatchWorld(await TestApp.start(options));
    world.staff = (await world.#user("staff")).token;
    world.passenger = await world.#add("passenger", "passengers", { full_name: "Dana" });
    world.stranger = await world.#add("passenger", "passengers", { full_name: "Somebody" });
    world.ali = await world.addDriver("Ali");
    world.vera = await world.addDriver("Vera");
    return world;
  }

  /** With a token that outlives the days of a test's clock. */
  async #user(role: Role) {
    const { id, email } = await this.app.user(role);
    return { id, token: await this.app.app.accounts.issueToken(email, 60 * 86_400) };
  }

  async #add(role: Role, path: string, body: object): Promise<Person> {
    const { id: user, token } = await this.#user(role);
    const { id } = await this.made(this.post(`/api/${path}/`, { ...body, user_id: user }));
    return { id, token, user };
  }

  addDriver(name: string, more: object = {}): Promise<Person> {
    const car = { car_model: "Lada Vesta", plate_number: `${name} 01` };
    return this.#add("driver", "drivers", { name, ...car, ...more });
  }

  get clock(): FakeClock {
    const { clock } = this.app.app;
    if (!(clock instanceof FakeClock)) throw new Error("this world's clock is not held");
    return clock;
  }

  /** Everything that is due by then happens, and what it starts comes to its end. */
  async pass(ms: number, step = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.clock.settled();
      await this.app.app.store.commit({});
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  // --- HTTP ---

  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  get(path: string, token = this.staff): Promise<any> {
    return this.app.json(this.app.fetch(path, { token }));
  }

  post(path: string, body: object = {}, token = this.staff): Promise<Response> {
    return this.app.post(path, body, token);
  }

  patch(path: string, body: object, token = this.staff): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    return this.app.fetch(path, { method: "PATCH", headers, body: JSON.stringify(body), token });
  }

  /** The body of an answer that must be a success. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  async made(asked: Promise<Response>): Promise<any> {
    const answer = await asked;
    if (!answer.ok) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  /** A new order of the passenger's; its id. */
  async order(more: object = {}): Promise<string> {
    const drop = north(center, 5_000);
    const order = {
      pickup_title: "Abay 10",
      pickup_object_name: "Opera",
      dropoff_title: "Dostyk 5",
      dropoff_object_name: "Hospital",
      pickup_lat: center.lat,
      pickup_lon: center.lon,
      dropoff_lat: drop.lat,
      dropoff_lon: drop.lon,
      desired_pickup_time: new Date(this.app.app.clock.now() + 2 * 3_600_000).toISOString(),
      ...more,
    };
    return (await this.made(this.post("/api/orders/", order, this.passenger.token))).id;
  }

  step(order: string, status: string, token = this.staff, reason?: string): Promise<Response> {
    return this.patch(`/api/orders/${order}/status/`, { status, ...(reason ? { reason } : {}) }, token);
  }

  /** Steps that must be possible, one after the other. */
  async steps(order: string, ...states: readonly string[]): Promise<void> {
    for (const status of states) await this.made(this.step(order, status));
  }

  assign(order: string, body: object = {}): Promise<Response> {
    return this.post(`/api/dispatch/assign/${order}/`, body);
  }

  /** An order that this driver has. */
  async assigned(driver = this.ali): Promise<string> {
    const order = await this.order();
    await this.made(this.assign(order, { driver_id: driver.id }));
    return order;
  }

  /** Online, and seen there. */
  async online(driver: Person, place = center): Promise<void> {
    await this.made(
      this.patch(`/api/drivers/${driver.id}/online-status/`, { is_online: true }, driver.token),
    );
    await this.made(this.locate(driver, place));
  }

  locate(driver: Person, body: object, token = driver.token): Promise<Response> {
    return this.patch(`/api/drivers/${driver.id}/location/`, body, token);
  }

  // --- sockets ---

  socket(path: string, token: string, query = ""): Promise<TestClient> {
    return this.app.connect(`/ws/${path}/?token=${token}${query}`);
  }

  orderSocket(order: string, token = this.staff, query = ""): Promise<TestClient> {
    return this.opened(this.socket(`orders/${order}`, token, query));
  }

  driverSocket(driver: Person, token = driver.token, query = ""): Promise<TestClient> {
    return this.opened(this.socket(`drivers/${driver.id}`, token, query));
  }

  passengerSocket(person = this.passenger, token = person.token, query = ""): Promise<TestClient> {
    return this.opened(this.socket(`passengers/${person.id}`, token, query));
  }

  /** A map, its snapshot read. */
  async map(query = "", token = this.staff): Promise<TestClient> {
    const map = await this.socket("dispatch-map", token, query);
    if (query === "") await map.next("map_snapshot");
    return map;
  }

  /** It has let us in. */
  async opened(socket: Promise<TestClient>): Promise<TestClient> {
    const client = await socket;
    client.send({ type: "ping" });
    const before: Received[] = [];
    for (let frame = await client.next(); frame.type !== "pong"; frame = await client.next())
      before.push(frame);
    (client.waiting as Received[]).unshift(...before);
    return client;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.app[Symbol.asyncDispose]();
  }
}

/** How a socket that may not enter ends, and that it is told nothing else before. */
export async function refusal(opening: Promise<TestClient>) {
  const client = await opening;
  const { code, reason } = await client.closed;
  const types = client.waiting.map(({ type }) => type);
  return { code, reason: reason.replace(/ \[r_\w+\]$/, ""), types };
}

export const typesOf = (frames: readonly Received[]): string[] => frames.map(({ type }) => type);
