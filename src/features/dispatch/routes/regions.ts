import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json } from "../../../core/http.ts";
import { Region } from "../messages.ts";
import type { Dispatch } from "../service.ts";
import { toRegion } from "../view.ts";
import { common, type Kit, otherwise, type Routes, refusals } from "./kit.ts";

const name = z.string().trim().min(1).max(200);
const NewRegion = z.object({
  id: z.string().min(1).max(60),
  title: name,
  city: name,
  center_lat: z.number().min(-90).max(90),
  center_lon: z.number().min(-180).max(180),
  polygon_coordinates: z.array(z.array(z.number()).length(2)).max(10_000).default([]),
  service_radius_meters: z.number().int().min(0).default(10_000),
});

const addRoute = (guard: MiddlewareHandler) =>
  createRoute({
    method: "post",
    path: "/api/regions",
    summary: "Add a region",
    request: { body: body(NewRegion) },
    responses: { 201: json(Region, "The region"), ...refusals },
    ...common(guard),
  });
const regionsRoute = createRoute({
  method: "get",
  path: "/api/regions",
  summary: "Regions",
  responses: { 200: json(z.array(Region), "Regions") },
  tags: ["dispatch"],
});
const citiesRoute = createRoute({
  method: "get",
  path: "/api/regions/cities",
  summary: "Cities of the regions",
  responses: { 200: json(z.array(z.object({ id: z.string(), title: z.string() })), "Cities") },
  tags: ["dispatch"],
});

export function addRegionRoutes(app: Routes, { people }: Dispatch, { guard }: Kit): void {
  app.openapi(regionsRoute, (c) => c.json(people.regions().map(toRegion), 200));
  app.openapi(citiesRoute, (c) => {
    const cities = [...new Set(people.regions().map(({ city }) => city))];
    return c.json(
      cities.map((city) => ({ id: city, title: city })),
      200,
    );
  });
  app.openapi(addRoute(guard("staff")), async (c) => {
    const { polygon_coordinates, ...region } = c.req.valid("json");
    const row = { ...region, polygon: JSON.stringify(polygon_coordinates) };
    await people.addRegion(row).catch(otherwise(`there is a region ${row.id} already: choose another id`));
    return c.json(toRegion(row), 201);
  });
}
