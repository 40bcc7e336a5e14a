import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json } from "../../../core/http.ts";
import { asFault, Fault } from "../../../protocol/faults.ts";
import { toRoute } from "../eta.ts";
import { Eta, MapData, Order, Route } from "../messages.ts";
import * as repo from "../repo.ts";
import { secondsFor } from "../routing.ts";
import type { Dispatch } from "../service.ts";
import { assignable, spacing } from "../states.ts";
import { common, type Kit, type Routes, refusals, TextId } from "./kit.ts";

/** A number, or a text of one; `null` is nobody, as in what clients of seed 004 read. */
const id = z
  .union([
    z.number().int(),
    z
      .string()
      .regex(/^\d{1,15}$/, "must be a driver's id")
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? undefined);
const Chosen = z.object({ driver_id: id });
const Given = Chosen.extend({
  instead_of: id.describe("The driver who has it now, where it is to be taken from him"),
});
const Assigned = z.object({
  success: z.literal(true),
  driver_id: z.string(),
  reason: z.string(),
  order: Order,
});
const NotAssigned = z.object({
  success: z.literal(false),
  error: z.string(),
  reason: z.string(),
  fault: z.string(),
});
const Candidates = z.object({
  order_id: z.string(),
  candidates: z.array(
    z.object({
      driver_id: z.string(),
      name: z.string(),
      distance_m: z.number().int(),
      eta_seconds: z.number().int(),
    }),
  ),
});
const All = z.object({
  assigned: z.number().int(),
  waiting: z.number().int(),
  order_ids: z.array(z.string()),
});

const routes = {
  map: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/dispatch/map-data",
      summary: "All drivers, and the orders that the map shows",
      responses: { 200: json(MapData, "The map"), ...refusals },
      ...common(guard),
    }),
  assign: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/dispatch/assign/{id}",
      summary: "Give an order to a driver, or to the nearest free one",
      request: { params: TextId, body: { ...body(Given), required: false } },
      responses: {
        200: json(Assigned, "Assigned"),
        ...refusals,
        400: json(
          NotAssigned,
          "Not possible, nobody is free, or somebody else was faster (`fault`: conflict)",
        ),
      },
      ...common(guard),
    }),
  offer: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/dispatch/offer/{id}",
      summary: "Ask a driver, or one after the other, the nearest first",
      request: { params: TextId, body: { ...body(Chosen), required: false } },
      responses: {
        200: json(Order, "The order, offered"),
        409: { description: "Nobody is left to ask" },
        ...refusals,
      },
      ...common(guard),
    }),
  candidates: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/dispatch/candidates/{id}",
      summary: "Free drivers for an order, the nearest first",
      request: { params: TextId },
      responses: { 200: json(Candidates, "Candidates"), ...refusals },
      ...common(guard),
    }),
  all: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/dispatch/auto-assign-all",
      summary: "Give every order that waits and is due soon to the nearest free driver",
      responses: { 200: json(All, "What was assigned"), ...refusals },
      ...common(guard),
    }),
  eta: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/{id}/eta",
      summary: "When the driver will be there, and which kind of estimate it is",
      request: { params: TextId },
      responses: {
        200: json(Eta, "The estimate"),
        404: { description: "No driver, or nobody knows where he is" },
        ...refusals,
      },
      ...common(guard),
    }),
  route: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/orders/{id}/route",
      summary: "The way from pickup to drop-off",
      request: { params: TextId },
      responses: { 200: json(Route, "The way"), ...refusals },
      ...common(guard),
    }),
};

/** Orders whose assignments are on their way to the disk at once; each looks at every driver. */
const atOnce = 10;

/** Gives each to the nearest, in this order: who is chosen is chosen before the next one asks. Which were given. */
async function assignEach(
  { offers }: Dispatch,
  waiting: readonly repo.OrderRow[],
  by: string,
): Promise<string[]> {
  const given = waiting.map(async (order) => {
    try {
      return [(await offers.assignNearest(order, by)).id];
    } catch (error) {
      if (["conflict", "bad_step"].includes(asFault(error).fault)) return [];
      throw error;
    }
  });
  return (await Promise.all(given)).flat();
}

export function addDispatchRoutes(app: Routes, dispatch: Dispatch, { guard }: Kit): void {
  const staff = guard("staff");
  const anybody = guard("passenger", "driver", "staff");
  const { orders, people, offers, etas, map, deps } = dispatch;

  app.openapi(routes.map(staff), async (c) => c.json(await map.data(), 200));
  app.openapi(routes.assign(staff), async (c) => {
    const { id } = c.req.valid("param");
    const { driver_id, instead_of } = c.req.valid("json") ?? {};
    const by = c.get("identity").id;
    const how = { by, reason: "assigned by a dispatcher" };
    try {
      const order = await orders.require(id);
      const done =
        driver_id === undefined
          ? await offers.assignNearest(order, by)
          : await orders.assign(order, people.requireDriver(driver_id), how, instead_of);
      const view = await orders.view(done);
      return c.json(
        {
          success: true as const,
          driver_id: String(done.driver_id),
          reason: done.assignment_reason,
          order: view,
        },
        200,
      );
    } catch (error) {
      const { message, fault } = asFault(error);
      if (fault === "internal" || fault === "unavailable") throw error;
      return c.json({ success: false as const, error: message, reason: message, fault }, 400);
    }
  });
  app.openapi(routes.offer(staff), async (c) => {
    const { driver_id } = c.req.valid("json") ?? {};
    const order = await orders.require(c.req.valid("param").id);
    const driver = driver_id === undefined ? undefined : people.requireDriver(driver_id);
    return c.json(await orders.view(await offers.offer(order, driver, c.get("identity").id)), 200);
  });
  app.openapi(routes.candidates(staff), async (c) => {
    const order = await orders.require(c.req.valid("param").id);
    const near = offers.candidates(order).slice(0, 50);
    const candidates = near.map(({ driver, metres }) => ({
      driver_id: String(driver.id),
      name: driver.name,
      distance_m: Math.round(metres),
      eta_seconds: Math.round(secondsFor(metres)),
    }));
    return c.json({ order_id: order.id, candidates }, 200);
  });
  app.openapi(routes.all(staff), async (c) => {
    const by = c.get("identity").id;
    const states = assignable.filter((state) => state !== "offered");
    const now = deps.clock.now();
    const waiting = await repo.waitingOrders(deps.store.db, states, {
      from: now - spacing,
      to: now + spacing,
    });
    const order_ids: string[] = [];
    for (let i = 0; i < waiting.length; i += atOnce)
      order_ids.push(...(await assignEach(dispatch, waiting.slice(i, i + atOnce), by)));
    return c.json({ assigned: order_ids.length, waiting: waiting.length - order_ids.length, order_ids }, 200);
  });
  app.openapi(routes.eta(anybody), async (c) => {
    const eta = await etas.of(await dispatch.orderFor(c.get("identity"), c.req.valid("param").id));
    if (eta === undefined)
      throw new Fault("not_found", "nobody drives this order yet, or nobody knows where he is");
    return c.json(eta, 200);
  });
  app.openapi(routes.route(anybody), async (c) => {
    const order = await dispatch.orderFor(c.get("identity"), c.req.valid("param").id);
    return c.json(toRoute(order, await etas.ride(order)), 200);
  });
}
