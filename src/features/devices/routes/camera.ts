import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { json, security } from "../../../core/http.ts";
import { asFault, Fault } from "../../../protocol/faults.ts";
import { Photo } from "../events.ts";
import { boundary, mjpegStream } from "../mjpeg.ts";
import type { Devices } from "../service.ts";
import { DeviceId, type Kit, Page, type Routes, refusals, tags, unknown } from "./kit.ts";

/** MJPEG viewers of this node; sockets have limits of their own. */
const maxStreams = 200;

/** `ph_…` or `ph_….jpg`. */
const PhotoFile = DeviceId.extend({
  photo: z
    .string()
    .regex(/^\w{1,40}(\.jpg)?$/)
    .transform((name) => name.replace(/\.jpg$/, "")),
});
const jpeg = { "image/jpeg": { schema: z.string().openapi({ format: "binary" }) } };
const pictureHeaders = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

const routes = {
  snapshot: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/snapshot.jpg",
      summary: "The newest picture of a camera; X-Frame-Age tells its age in milliseconds",
      request: { params: DeviceId },
      responses: { 200: { content: jpeg, description: "JPEG" }, ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  stream: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/stream.mjpeg",
      summary: "A camera's pictures as MJPEG, for an <img> in a page",
      request: { params: DeviceId },
      responses: { 200: { description: "multipart/x-mixed-replace" }, ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  photos: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/photos",
      summary: "Photos that a camera was asked for, newest first",
      request: { params: DeviceId, query: Page(50) },
      responses: {
        200: json(z.object({ count: z.number().int(), photos: z.array(Photo) }), "A page"),
        ...refusals,
        ...unknown,
      },
      ...{ tags, security, middleware },
    }),
  photo: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "get",
      path: "/api/devices/{id}/photos/{photo}",
      summary: "A photo",
      request: { params: PhotoFile },
      responses: { 200: { content: jpeg, description: "JPEG" }, ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
  remove: (middleware: [MiddlewareHandler]) =>
    createRoute({
      method: "delete",
      path: "/api/devices/{id}/photos/{photo}",
      summary: "Remove a photo and its file",
      request: { params: PhotoFile },
      responses: { 204: { description: "Removed" }, ...refusals, ...unknown },
      ...{ tags, security, middleware },
    }),
};

/** Whether a guard would let the same request in once more. While tokens cannot be judged, nobody is shut out. */
async function mayGoOn(guard: () => Promise<unknown>): Promise<boolean> {
  try {
    await guard();
    return true;
  } catch (error) {
    return !["unauthorized", "bad_token", "token_expired", "token_revoked", "forbidden"].includes(
      asFault(error).fault,
    );
  }
}

export function addCameraRoutes(app: Routes, devices: Devices, { guard, mediaGuard }: Kit): void {
  const staff: [MiddlewareHandler] = [guard("staff")];
  const viewer: [MiddlewareHandler] = [mediaGuard("staff")];
  const { cameras, photos, clock } = devices;
  let streams = 0;

  app.openapi(routes.snapshot(viewer), async (c) => {
    const device = await cameras.require(c.req.valid("param").id);
    const picture = cameras.latest(device);
    if (picture === undefined)
      throw new Fault("not_found", `${device} has not sent a picture since the start`);
    const headers = {
      ...pictureHeaders,
      "Content-Type": "image/jpeg",
      "Last-Modified": new Date(picture.at).toUTCString(),
      "X-Frame-Age": String(clock.now() - picture.at),
    };
    return new Response(picture.data as Uint8Array<ArrayBuffer>, { headers });
  });

  app.openapi(routes.stream(viewer), async (c) => {
    const device = await cameras.require(c.req.valid("param").id);
    if (streams >= maxStreams) throw new Fault("server_full", `more than ${maxStreams} MJPEG streams`);
    const stream = mjpegStream(cameras, device, {
      clock,
      isAllowed: () => mayGoOn(() => viewer[0](c, async () => {})),
      onStart: () => streams++,
      onEnd: () => streams--,
    });
    const type = `multipart/x-mixed-replace;boundary=${boundary}`;
    return new Response(stream, { headers: { ...pictureHeaders, "Content-Type": type } });
  });

  app.openapi(routes.photos(staff), async (c) => {
    const { id } = await devices.row(c.req.valid("param").id);
    const { limit, offset } = c.req.valid("query");
    return c.json(await photos.page(id, limit, offset), 200);
  });

  app.openapi(routes.photo(viewer), async (c) => {
    const { id, photo } = c.req.valid("param");
    const file = await photos.file(id, photo);
    // A photo never changes under its address.
    const headers = {
      ...pictureHeaders,
      "Cache-Control": "private, max-age=86400",
      "Content-Type": "image/jpeg",
    };
    return new Response(file, { headers });
  });

  app.openapi(routes.remove(staff), async (c) => {
    const { id, photo } = c.req.valid("param");
    await photos.remove(id, photo);
    return c.body(null, 204);
  });
}
