import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { Device, deviceStates, Kind } from "../events.ts";
import type { Devices } from "../service.ts";
import { DeviceId, type Kit, Page, type Routes, refusals, tags, unknown } from "./kit.ts";

const Filter = Page(100).extend({ kind: Kind.optional(), state: z.enum(deviceStates).optional() });
const DeviceList = z.object({ count: z.number().int(), devices: z.array(Device) });
const Sensors = z.record(
  z.string(),
  z.object({ data: z.record(z.string(), z.unknown()), at: z.iso.datetime() }),
);
const DeviceWithSensors = Device.extend({ sensors: Sensors });

const NewDevice = z
  .object({
    kind: Kind,
    name: z.string().trim().min(1).max(100).optional(),
    id: z.string().min(1).max(80).optional().describe("Letters, digits, . _ -; made from the name if absent"),
  })
  .openapi("NewDevice");
const Added = z
  .object({ device: Device, token: z.string().describe("Shown this once") })
  .openapi("AddedDevice");
const Rename = z.object({ name: z.string().trim().min(1).max(100) });
const Rotate = z.object({
  grace_seconds: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(86_400)
    .describe("How long older tokens still count"),
});
const NewToken = z.object({ token: z.string().describe("Shown this once") });

const routes = {
  list: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices",
      summary: "All devices, with their state",
      request: { query: Filter },
      responses: { 200: json(DeviceList, "A page"), ...refusals },
      ...{ tags, security, middleware },
    }),
  one: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}",
      summary: "One device, with the newest readings of its sensors",
      request: { params: DeviceId },
      responses: { 200: json(DeviceWithSensors, "The device"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  add: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "post",
      path: "/api/devices",
      summary: "Add a device with a token of its own",
      request: { body: body(NewDevice) },
      responses: {
        201: json(Added, "The device and its token"),
        409: { description: "The id is taken" },
        ...refusals,
      },
      ...{ tags, security, middleware },
    }),
  rename: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "patch",
      path: "/api/devices/{id}",
      summary: "Name a device",
      request: { params: DeviceId, body: body(Rename) },
      responses: { 200: json(Device, "The device"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  rotate: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "post",
      path: "/api/devices/{id}/rotate",
      summary: "Give a device a new token; the older ones end after a grace period",
      request: { params: DeviceId, body: body(Rotate) },
      responses: { 200: json(NewToken, "Its token"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  revoke: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "post",
      path: "/api/devices/{id}/revoke",
      summary: "End a device's tokens and close its socket",
      request: { params: DeviceId },
      responses: { 204: { description: "Revoked" }, ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
};

const removeRoute = (middleware: [MiddlewareHandler]) =>
  createRoute({
    method: "delete",
    path: "/api/devices/{id}",
    summary: "Forget a device: its tokens, commands, logs and photos",
    request: { params: DeviceId },
    responses: { 204: { description: "Removed" }, ...refusals, ...unknown },
    ...{ tags, security, middleware },
  });

/** Staff look after devices; tokens are the administrators' business. */
export function addDeviceRoutes(app: Routes, devices: Devices, { guard }: Kit): void {
  const staff: [MiddlewareHandler] = [guard("staff")];
  const admin: [MiddlewareHandler] = [guard("admin")];

  app.openapi(routes.list(staff), async (c) => c.json(await devices.page(c.req.valid("query")), 200));
  app.openapi(routes.one(staff), async (c) => {
    const { id } = c.req.valid("param");
    const device = devices.view(await devices.row(id));
    return c.json({ ...device, sensors: devices.sensors.of(id) }, 200);
  });
  app.openapi(routes.add(admin), async (c) => c.json(await devices.add(c.req.valid("json")), 201));
  app.openapi(routes.rename(staff), async (c) =>
    c.json(await devices.rename(c.req.valid("param").id, c.req.valid("json").name), 200),
  );
  app.openapi(routes.rotate(admin), async (c) => {
    const { grace_seconds } = c.req.valid("json");
    return c.json({ token: await devices.rotate(c.req.valid("param").id, grace_seconds * 1000) }, 200);
  });
  app.openapi(routes.revoke(admin), async (c) => {
    await devices.revoke(c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(removeRoute(admin), async (c) => {
    await devices.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
}
