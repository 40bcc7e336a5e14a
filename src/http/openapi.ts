import type { OpenAPIHono } from "@hono/zod-openapi";
import type { HttpEnv } from "../core/http.ts";

/** OpenAPI 3.1 of all routes that are declared with a schema. */
export function openapi(app: OpenAPIHono<HttpEnv>, version: string): object {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Peyk",
      version,
      description:
        "Refusals are RFC 9457 problems with the fields `fault`, `hint` and `retry` of the fault catalogue.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
  });
}
