import { Hono } from "hono";
import { etag } from "hono/etag";
import source from "../../web/widget/widget.js" with { type: "text" };

const headers = {
  "Content-Type": "text/javascript; charset=utf-8",
  // Pages get a new version within minutes, and ask for it cheaply.
  "Cache-Control": "public, max-age=300",
  // For any page, also one that pins the file's hash or isolates itself; who may connect is asked at the socket.
  "Access-Control-Allow-Origin": "*",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "X-Content-Type-Options": "nosniff",
};

/** The web widget, as it stands in its file. */
export const widgetRoutes = (): Hono =>
  new Hono().get("/widget.js", etag({ retainedHeaders: [...Object.keys(headers), "ETag"] }), (c) =>
    c.body(source, 200, headers),
  );
