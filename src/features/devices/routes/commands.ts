import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { body, json, security } from "../../../core/http.ts";
import { CommandRequest } from "../command-requests.ts";
import { Command, commandStates } from "../events.ts";
import type { Devices } from "../service.ts";
import { DeviceId, type Kit, type Routes, refusals, tags, unknown } from "./kit.ts";

const day = 86_400;
const Extra = z.object({
  command_id: z.string().min(1).max(100).optional().describe("Your own id: a repeat gets the first result"),
  ttl: z
    .number()
    .int()
    .min(1)
    .max(7 * day)
    .default(day)
    .describe("Seconds that it may wait for the device"),
});
const NewCommand = z.intersection(CommandRequest, Extra).openapi("NewCommand");
const CommandId = DeviceId.extend({ command: z.string().max(100) });
const Filter = z.object({
  state: z.enum(commandStates).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

const routes = {
  create: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "post",
      path: "/api/devices/{id}/commands",
      summary: "Give a device a command: kept until it was sent, answered, or too old",
      request: { params: DeviceId, body: body(NewCommand) },
      responses: {
        200: json(Command, "A repeat: the first result"),
        202: json(Command, "Queued; sent at once where the device is connected"),
        409: { description: "The device was revoked, or command_id was used for another command" },
        422: { description: "This kind of board cannot do it, or a value is out of range" },
        429: { description: "Too many commands wait for this device" },
        ...refusals,
        ...unknown,
      },
      ...{ tags, security, middleware },
    }),
  list: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/commands",
      summary: "A device's commands, newest first",
      request: { params: DeviceId, query: Filter },
      responses: { 200: json(z.object({ commands: z.array(Command) }), "A page"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  one: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/commands/{command}",
      summary: "What became of a command, by its id or yours",
      request: { params: CommandId },
      responses: { 200: json(Command, "The command"), ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  cancel: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "delete",
      path: "/api/devices/{id}/commands/{command}",
      summary: "Take back a command that was not sent yet",
      request: { params: CommandId },
      responses: {
        200: json(Command, "Taken back"),
        409: { description: "It was sent, or has ended" },
        ...refusals,
        ...unknown,
      },
      ...{ tags, security, middleware },
    }),
};

export function addCommandRoutes(app: Routes, devices: Devices, { guard }: Kit): void {
  const staff: [MiddlewareHandler] = [guard("staff")];
  const { commands } = devices;

  app.openapi(routes.create(staff), async (c) => {
    const { command_id: commandId, ttl, ...request } = c.req.valid("json");
    const by = c.get("identity").id;
    const { id } = c.req.valid("param");
    const { command, isNew } = await commands.create(id, {
      request: request as CommandRequest,
      commandId,
      ttl: ttl * 1000,
      by,
    });
    return isNew ? c.json(command, 202) : c.json(command, 200);
  });
  app.openapi(routes.list(staff), async (c) => {
    const { id } = await devices.row(c.req.valid("param").id);
    return c.json({ commands: await commands.page(id, c.req.valid("query")) }, 200);
  });
  app.openapi(routes.one(staff), async (c) => {
    const { id, command } = c.req.valid("param");
    return c.json(await commands.byId(id, command), 200);
  });
  app.openapi(routes.cancel(staff), async (c) => {
    const { id, command } = c.req.valid("param");
    return c.json(await commands.cancel(id, command), 200);
  });
}
