/** Drivers and orders straight into the server: over HTTP, their making would take longer than the bench. */
import type { App } from "../../src/app.ts";

const place = { lat: 43.238, lon: 76.945 };
/** Changes that are on their way to the disk at once. */
const atOnce = 500;

async function inGroups<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < all.length; i += atOnce)
    results.push(...(await Promise.all(all.slice(i, i + atOnce).map(work))));
  return results;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const emailOf = (i: number) => `driver${i}@bench.example`;

/** Resolves with the paths of their sockets. `since`: they have nothing to catch up with, and are greeted. */
export async function addDrivers(app: App, count: number): Promise<string[]> {
  const users = numbers(count).map((i) =>
    app.store.db
      .insertInto("users")
      .values({
        email: emailOf(i),
        name: emailOf(i),
        role: "driver",
        password_hash: "none",
        active: 1,
        created_at: 0,
      })
      .returning("id"),
  );
  const { results } = await app.store.commit({ writes: users });
  return inGroups(results, async ({ rows }) => {
    const user = Number(rows[0]!.id);
    const name = `Driver ${user}`;
    const car = { car_model: "Lada Vesta", plate_number: `${user}`, capacity: 4 };
    const { id } = await app.dispatch.people.addDriver({
      user_id: String(user),
      name,
      phone: "",
      region_id: null,
      ...car,
    });
    const email = emailOf(results.findIndex((result) => result.rows === rows));
    return `/ws/drivers/${id}/?since=0&token=${await app.accounts.issueToken(email, 3600)}`;
  });
}

/** One for each driver, assigned to him. */
export async function addOrders(app: App, count: number): Promise<string[]> {
  const { people, orders } = app.dispatch;
  const passenger = await people.addPassenger({
    user_id: null,
    full_name: "Bench",
    phone: "",
    region_id: null,
    disability_category: "",
    allowed_companion: 1,
  });
  const titles = { pickup_title: "A", pickup_object_name: "A", dropoff_title: "B", dropoff_object_name: "B" };
  const places = { pickup_lat: place.lat, pickup_lon: place.lon, dropoff_lat: 43.3, dropoff_lon: 76.9 };
  const order = { ...titles, ...places, desired_pickup_time: Date.now(), has_companion: false, note: "" };
  return inGroups(people.drivers().slice(0, count), async (driver) => {
    const created = await orders.create(order, passenger, "bench");
    await orders.assign(created, driver, { by: "bench", reason: "" });
    return created.id;
  });
}
