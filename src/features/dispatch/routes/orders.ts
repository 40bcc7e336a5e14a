import { createRoute, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { body, type HttpEnv, json } from "../../../core/http.ts";
import { Fault } from "../../../protocol/faults.ts";
import { iso, Order } from "../messages.ts";
import * as repo from "../repo.ts";
import { type Dispatch, isStaff } from "../service.ts";
import { type OrderState, orderStates, overStates, stateLabels } from "../states.ts";
import { common, type Kit, NumberId, Page, paged, type Routes, refusals, TextId, Time } from "./kit.ts";

const lat = z.number().min(-90, "must be from -90 to 90").max(90, "must be from -90 to 90");
const lon = z.number().min(-180, "must be from -180 to 180").max(180, "must be from -180 to 180");
const title = z.string().trim().min(1).max(300);
/** A pickup is an hour ahead at least, and thirty days at most (wire of seed 004). */
const hour = 3_600_000;
const NewOrder = z
  .object({
    pickup_title: title,
    pickup_object_name: title,
    dropoff_title: title,
    dropoff_object_name: title,
    pickup_lat: lat,
    pickup_lon: lon,
    dropoff_lat: lat,
    dropoff_lon: lon,
    desired_pickup_time: Time,
    has_companion: z.boolean().default(false),
    note: z.string().max(2_000).default(""),
    passenger_id: z.number().int().optional().describe("Staff order for somebody else"),
    client_order_id: z
      .string()
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .describe("What the client calls it; one that is sent twice is one order"),
  })
  .openapi("NewOrder");
const Filter = Page.extend({ status: z.string().max(300).optional().describe("One state or a comma list") });
const List = z.object({
  count: z.number().int(),
  next: z.string().nullable(),
  previous: z.string().nullable(),
  results: z.array(Order),
});
const Step = z.object({ status: z.enum(orderStates), reason: z.string().max(500).optional() });
const History = z.object({
  order_id: z.string(),
  events: z.array(
    z.object({
      status_from: z.enum(orderStates).nullable(),
      status_to: z.enum(orderStates),
      status_display: z.string(),
      description: z.string(),
      by: z.string(),
      created_at: z.iso.datetime(),
    }),
  ),
});

const routes = {
  list: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders",
      summary: "Orders: staff see all, drivers and passengers their own",
      request: { query: Filter },
      responses: { 200: json(List, "A page"), ...refusals },
      ...common(guard),
    }),
  create: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/orders",
      summary: "Order a ride",
      request: { body: body(NewOrder) },
      responses: { 201: json(Order, "The order, submitted"), ...refusals },
      ...common(guard),
    }),
  one: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/{id}",
      summary: "One order",
      request: { params: TextId },
      responses: { 200: json(Order, "The order"), ...refusals },
      ...common(guard),
    }),
  step: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/orders/{id}/status",
      summary: "Take an order to its next state",
      request: { params: TextId, body: body(Step) },
      responses: {
        200: json(Order, "The order"),
        409: { description: "Somebody else changed it first" },
        ...refusals,
      },
      ...common(guard),
    }),
  history: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/{id}/history",
      summary: "Every step of an order, with who took it",
      request: { params: TextId },
      responses: { 200: json(History, "Oldest first"), ...refusals },
      ...common(guard),
    }),
  ofPassenger: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/passenger/{id}",
      summary: "Orders of a passenger",
      request: { params: NumberId, query: Page },
      responses: { 200: json(List, "A page"), ...refusals },
      ...common(guard),
    }),
  ofDriver: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/driver/{id}",
      summary: "Orders of a driver",
      request: { params: NumberId, query: Page },
      responses: { 200: json(List, "A page"), ...refusals },
      ...common(guard),
    }),
  accept: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/orders/{id}/accept",
      summary: "A driver takes the order that he was offered",
      request: { params: TextId },
      responses: { 200: json(Order, "The order"), 409: { description: "The offer is over" }, ...refusals },
      ...common(guard),
    }),
  decline: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/orders/{id}/decline",
      summary: "A driver leaves the order that he was offered to others",
      request: { params: TextId },
      responses: { 204: { description: "Declined" }, 409: { description: "The offer is over" }, ...refusals },
      ...common(guard),
    }),
};

export function addOrderRoutes(app: Routes, dispatch: Dispatch, { guard }: Kit): void {
  const anybody = guard("passenger", "driver", "staff");
  const { orders, people, offers, deps } = dispatch;
  const { db } = deps.store;

  const page = async (
    c: Context<HttpEnv>,
    query: z.output<typeof Page>,
    filter: Omit<repo.OrderFilter, "limit" | "offset">,
  ) => {
    const { page: number, page_size: limit } = query;
    const wanted = { ...filter, limit, offset: (number - 1) * limit };
    const rows = await repo.orders(db, wanted);
    const results = await Promise.all(rows.map((row) => orders.view(row)));
    return c.json(paged(c.req.url, await repo.countOrders(db, wanted), query, results), 200);
  };

  app.openapi(routes.list(anybody), async (c) => {
    const { status: text, ...query } = c.req.valid("query");
    const identity = c.get("identity");
    const status = statesOf(text);
    const own = isStaff(identity)
      ? {}
      : identity.role === "driver"
        ? { driver: people.driverOf(identity)?.id ?? -1 }
        : { passenger: (await people.knownPassenger(identity))?.id ?? -1 };
    return page(c, query, { ...own, status });
  });
  app.openapi(routes.create(anybody), async (c) => {
    const identity = c.get("identity");
    if (identity.role === "driver") throw new Fault("forbidden", "drivers order no rides");
    const { passenger_id, desired_pickup_time, ...order } = c.req.valid("json");
    const at = Date.parse(desired_pickup_time);
    const now = deps.clock.now();
    if (at < now + hour - 60_000 || at > now + 30 * 24 * hour)
      throw new Fault("bad_request", "desired_pickup_time: must be from one hour to thirty days ahead");
    const passenger = await passengerFor(dispatch, identity, passenger_id);
    if (!isStaff(identity)) await requireFewOpen(db, passenger.id);
    if (order.has_companion && passenger.allowed_companion === 0)
      throw new Fault("bad_request", `has_companion: ${passenger.full_name} may not take a companion`);
    const row = await orders.create({ ...order, desired_pickup_time: at }, passenger, identity.id);
    return c.json(await orders.view(row), 201);
  });
  app.openapi(routes.one(anybody), async (c) =>
    c.json(await orders.view(await dispatch.orderFor(c.get("identity"), c.req.valid("param").id)), 200),
  );
  app.openapi(routes.step(anybody), async (c) => {
    const { status, reason } = c.req.valid("json");
    const row = await dispatch.step(c.get("identity"), c.req.valid("param").id, status, reason);
    return c.json(await orders.view(row), 200);
  });
  app.openapi(routes.history(anybody), async (c) => {
    const { id } = await dispatch.orderFor(c.get("identity"), c.req.valid("param").id);
    const events = (await repo.historyOf(db, id)).map(({ status_from, status_to, description, by, at }) => ({
      status_from,
      status_to,
      status_display: stateLabels[status_to],
      description,
      by,
      created_at: iso(at),
    }));
    return c.json({ order_id: id, events }, 200);
  });
  app.openapi(routes.ofPassenger(anybody), async (c) => {
    const passenger = await dispatch.passengerFor(c.get("identity"), c.req.valid("param").id);
    return page(c, c.req.valid("query"), { passenger });
  });
  app.openapi(routes.ofDriver(anybody), async (c) => {
    const { id: driver } = dispatch.pastOf(c.get("identity"), c.req.valid("param").id);
    return page(c, c.req.valid("query"), { driver });
  });
  app.openapi(routes.accept(guard("driver")), async (c) => {
    const identity = c.get("identity");
    const row = await offers.accept(ownDriver(dispatch, identity), c.req.valid("param").id, identity.id);
    return c.json(await orders.view(row), 200);
  });
  app.openapi(routes.decline(guard("driver")), async (c) => {
    const identity = c.get("identity");
    await offers.decline(ownDriver(dispatch, identity), c.req.valid("param").id, identity.id);
    return c.body(null, 204);
  });
}

/** Orders of one passenger that are not over; each is a line on every dispatcher's screen. */
const maxOpen = 100;

async function requireFewOpen(db: repo.Db, passenger: number): Promise<void> {
  if ((await repo.countOpenOrders(db, passenger, overStates)) < maxOpen) return;
  throw new Fault(
    "conflict",
    `you have ${maxOpen} orders that are not over: cancel one, or ask a dispatcher`,
  );
}

/** `undefined`: all. Throws `bad_request` for what is no state: an empty page would look like an answer. */
function statesOf(list: string | undefined): OrderState[] | undefined {
  const wanted = (list ?? "").split(",").map((each) => each.trim());
  const named = wanted.filter((each) => each !== "");
  const unknown = named.find((each) => !orderStates.includes(each as OrderState));
  if (unknown !== undefined)
    throw new Fault("bad_request", `status: ${unknown} is none of ${orderStates.join(", ")}`);
  return named.length === 0 ? undefined : (named as OrderState[]);
}

type Who = Parameters<Dispatch["orderFor"]>[0];

function ownDriver({ people }: Dispatch, identity: Who): repo.DriverRow {
  const driver = people.driverOf(identity);
  if (driver === undefined)
    throw new Fault("forbidden", "this account is no driver yet: staff adds it at POST /api/drivers");
  return driver;
}

async function passengerFor(
  { people, deps }: Dispatch,
  identity: Who,
  id: number | undefined,
): Promise<repo.PassengerRow> {
  if (!isStaff(identity)) return people.passengerOf(identity);
  const row = id === undefined ? undefined : await repo.passengerById(deps.store.db, id);
  if (row === undefined)
    throw new Fault("bad_request", "passenger_id: staff say for whom; see GET /api/passengers");
  return row;
}
