import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json } from "../../../core/http.ts";
import { Fault } from "../../../protocol/faults.ts";
import type { DriverChange as DriverChanges } from "../fleet.ts";
import { DeviceTime, Driver, Position } from "../messages.ts";
import type { Intake } from "../positions.ts";
import * as repo from "../repo.ts";
import type { Dispatch } from "../service.ts";
import { toDriver } from "../view.ts";
import { common, type Kit, NumberId, type Routes, refusals, Time } from "./kit.ts";

const name = z.string().trim().min(1).max(200);
const user_id = z
  .string()
  .min(1)
  .max(200)
  .nullable()
  .default(null)
  .describe("The account with the role driver");
const NewDriver = z
  .object({
    user_id,
    name,
    phone: z.string().max(50).default(""),
    region_id: z.string().max(60).nullable().default(null),
    car_model: z.string().max(200).default(""),
    plate_number: z.string().max(50).default(""),
    capacity: z.number().int().min(1).max(100).default(4),
  })
  .openapi("NewDriver");
/** Without defaults: what is not said stays. */
const DriverChange = z
  .object({
    name,
    phone: z.string().max(50),
    region_id: z.string().max(60).nullable(),
    car_model: z.string().max(200),
    plate_number: z.string().max(50),
    capacity: z.number().int().min(1).max(100),
  })
  .partial();
/** The original's clients send a place alone; ranges are judged with the other filters, and named there. */
const Place = Position.extend({
  lat: z.number().min(-90, "must be from -90 to 90").max(90, "must be from -90 to 90"),
  lon: z.number().min(-180, "must be from -180 to 180").max(180, "must be from -180 to 180"),
  sent_at: DeviceTime.optional().describe(
    "What the device's clock says now: if it is wrong, `at` is put right",
  ),
});
const Located = z.object({
  success: z.boolean(),
  accepted: z.number().int(),
  dropped: z.record(z.string(), z.number()),
  driver: Driver,
});
const Span = z.object({
  from: Time.optional(),
  to: Time.optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});
const Track = z.object({
  driver_id: z.string(),
  points: z.array(
    z.object({
      at: z.iso.datetime(),
      lat: z.number(),
      lon: z.number(),
      accuracy: z.number().nullable(),
      speed: z.number().nullable(),
      heading: z.number().nullable(),
    }),
  ),
  next: z.iso.datetime().nullable().describe("`from` of what follows, where `limit` cut it off"),
});

const routes = {
  list: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/drivers",
      summary: "All drivers",
      responses: {
        200: json(z.object({ count: z.number().int(), results: z.array(Driver) }), "Drivers"),
        ...refusals,
      },
      ...common(guard),
    }),
  add: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/drivers",
      summary: "Make an account a driver",
      request: { body: body(NewDriver) },
      responses: {
        201: json(Driver, "The driver"),
        409: { description: "This account is a driver already" },
        ...refusals,
      },
      ...common(guard),
    }),
  one: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/drivers/{id}",
      summary: "One driver",
      request: { params: NumberId },
      responses: { 200: json(Driver, "The driver"), ...refusals },
      ...common(guard),
    }),
  me: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/drivers/me",
      summary: "The driver that your account is",
      responses: { 200: json(Driver, "You"), 404: { description: "No driver yet" }, ...refusals },
      ...common(guard),
    }),
  edit: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/drivers/{id}",
      summary: "Change a driver's name, car or seats",
      request: { params: NumberId, body: body(DriverChange) },
      responses: { 200: json(Driver, "The driver"), ...refusals },
      ...common(guard),
    }),
  remove: (guard: MiddlewareHandler) =>
    createRoute({
      method: "delete",
      path: "/api/drivers/{id}",
      summary: "A driver leaves; his past orders and tracks stay",
      request: { params: NumberId },
      responses: { 204: { description: "Gone" }, 409: { description: "He has an order" }, ...refusals },
      ...common(guard),
    }),
  locate: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/drivers/{id}/location",
      summary: "Where a driver is; himself or staff",
      request: { params: NumberId, body: body(Place) },
      responses: { 200: json(Located, "Taken, or dropped with the reason"), ...refusals },
      ...common(guard),
    }),
  online: (guard: MiddlewareHandler) =>
    createRoute({
      method: "patch",
      path: "/api/drivers/{id}/online-status",
      summary: "A driver comes or goes",
      request: { params: NumberId, body: body(z.object({ is_online: z.boolean() })) },
      responses: { 200: json(Driver, "The driver"), ...refusals },
      ...common(guard),
    }),
  track: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/drivers/{id}/track",
      summary: "Where a driver was",
      request: { params: NumberId, query: Span },
      responses: { 200: json(Track, "Oldest first"), ...refusals },
      ...common(guard),
    }),
};

/** Too close or too soon for the track is no failure: the server knows that he is there. */
const isHeard = ({ too_many, invalid, future, too_old, jump }: Intake["dropped"]): boolean =>
  [too_many, invalid, future, too_old, jump].every((count) => count === undefined);

/** Without what was not said. */
const defined = (change: z.output<typeof DriverChange>): DriverChanges =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));

export function addDriverRoutes(app: Routes, dispatch: Dispatch, { guard }: Kit): void {
  const staff = guard("staff");
  // A passenger asks too, and is refused by what he is, not by a missing route.
  const anybody = guard("driver", "passenger", "staff");
  const { people, orders, offers, deps } = dispatch;
  const view = (row: repo.DriverRow) => {
    const driven = orders.of(row.id)?.status;
    return toDriver(people, row, driven ?? (offers.isAsked(row.id) ? "offered" : undefined));
  };

  app.openapi(routes.list(staff), (c) => {
    const results = people.drivers().map(view);
    return c.json({ count: results.length, results }, 200);
  });
  app.openapi(routes.add(staff), async (c) =>
    c.json(view(await dispatch.fleet.add(c.req.valid("json"))), 201),
  );
  app.openapi(routes.me(guard("driver")), (c) => {
    const row = people.driverOf(c.get("identity"));
    if (row === undefined)
      throw new Fault("not_found", "this account is no driver yet: staff adds it at POST /api/drivers");
    return c.json(view(row), 200);
  });
  app.openapi(routes.edit(staff), async (c) =>
    c.json(view(await dispatch.fleet.edit(c.req.valid("param").id, defined(c.req.valid("json")))), 200),
  );
  app.openapi(routes.remove(staff), async (c) => {
    await dispatch.removeDriver(c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(routes.one(anybody), (c) =>
    c.json(view(dispatch.driverFor(c.get("identity"), c.req.valid("param").id)), 200),
  );
  app.openapi(routes.locate(anybody), (c) => {
    const { id } = c.req.valid("param");
    const { sent_at, ...position } = c.req.valid("json");
    const { accepted, dropped } = dispatch.locate(c.get("identity"), id, [position], sent_at);
    const counts = { ...dropped } as Record<string, number>;
    return c.json(
      { success: isHeard(dropped), accepted, dropped: counts, driver: view(people.requireDriver(id)) },
      200,
    );
  });
  app.openapi(routes.online(anybody), async (c) => {
    const { id } = dispatch.driverFor(c.get("identity"), c.req.valid("param").id);
    return c.json(view(await dispatch.online(id, c.req.valid("json").is_online)), 200);
  });
  app.openapi(routes.track(anybody), async (c) => {
    const { id } = dispatch.pastOf(c.get("identity"), c.req.valid("param").id);
    const { from, to, limit } = c.req.valid("query");
    const [start, end] = [
      from === undefined ? 0 : Date.parse(from),
      to === undefined ? deps.clock.now() : Date.parse(to),
    ];
    // What was just accepted is written within a second; whoever asks for it gets it.
    await dispatch.positions.flush();
    const points = await repo.trackOf(deps.store.db, id, start, end, limit);
    const shown = points.map(({ driver_id: _, at, ...point }) => ({
      at: new Date(at).toISOString(),
      ...point,
    }));
    const last = points.length < limit ? undefined : points.at(-1);
    const next = last === undefined ? null : new Date(last.at + 1).toISOString();
    return c.json({ driver_id: String(id), points: shown, next }, 200);
  });
}
