import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json } from "../../../core/http.ts";
import { Passenger } from "../messages.ts";
import * as repo from "../repo.ts";
import type { Dispatch } from "../service.ts";
import { common, type Kit, otherwise, Page, paged, type Routes, refusals } from "./kit.ts";

const name = z.string().trim().min(1).max(200);
const user_id = z
  .string()
  .min(1)
  .max(200)
  .nullable()
  .default(null)
  .describe("The account with the role passenger");
const NewPassenger = z.object({
  user_id,
  full_name: name,
  phone: z.string().max(50).default(""),
  region_id: z.string().max(60).nullable().default(null),
  disability_category: z.string().max(100).default(""),
  allowed_companion: z.boolean().default(true),
});
const Passengers = z.object({
  count: z.number().int(),
  next: z.string().nullable(),
  previous: z.string().nullable(),
  results: z.array(Passenger.omit({ user: true, region: true }).extend({ phone: z.string() })),
});

const routes = {
  passengers: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/passengers",
      summary: "Passengers",
      request: { query: Page },
      responses: {
        200: json(Passengers, "A page"),
        ...refusals,
      },
      ...common(guard),
    }),
  meAsPassenger: (guard: MiddlewareHandler) =>
    createRoute({
      method: "get",
      path: "/api/passengers/me",
      summary: "The passenger that your account is",
      responses: { 200: json(z.object({ id: z.number(), full_name: z.string() }), "You"), ...refusals },
      ...common(guard),
    }),
  addPassenger: (guard: MiddlewareHandler) =>
    createRoute({
      method: "post",
      path: "/api/passengers",
      summary: "Add a passenger, with an account or without",
      request: { body: body(NewPassenger) },
      responses: {
        201: json(z.object({ id: z.number(), full_name: z.string() }), "The passenger"),
        ...refusals,
      },
      ...common(guard),
    }),
};

export function addPassengerRoutes(app: Routes, { people, deps }: Dispatch, { guard }: Kit): void {
  const staff = guard("staff");

  app.openapi(routes.passengers(staff), async (c) => {
    const { db } = deps.store;
    const query = c.req.valid("query");
    const rows = await repo.passengers(db, query.page_size, (query.page - 1) * query.page_size);
    const results = rows.map(({ id, full_name, phone, disability_category, allowed_companion }) => ({
      id,
      full_name,
      phone,
      disability_category,
      allowed_companion: allowed_companion === 1,
    }));
    return c.json(paged(c.req.url, await repo.countPassengers(db), query, results), 200);
  });
  app.openapi(routes.meAsPassenger(guard("passenger")), async (c) => {
    const { id, full_name } = await people.passengerOf(c.get("identity"));
    return c.json({ id, full_name }, 200);
  });
  app.openapi(routes.addPassenger(staff), async (c) => {
    const { allowed_companion, ...passenger } = c.req.valid("json");
    const { id, full_name } = await people
      .addPassenger({
        ...passenger,
        allowed_companion: allowed_companion ? 1 : 0,
      })
      .catch(otherwise(`the account ${passenger.user_id} is a passenger already; see GET /api/passengers`));
    return c.json({ id, full_name }, 201);
  });
}
