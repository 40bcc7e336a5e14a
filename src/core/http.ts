import type { ZodType } from "zod";
import type { Identity, Role } from "./identity.ts";
import type { Peer } from "./transport.ts";

/** What the HTTP layer knows about a request, for routes: Hono's environment. */
export interface HttpEnv {
  readonly Bindings: { readonly peer: Peer };
  readonly Variables: { identity: Identity };
}

/** Makes a middleware that lets only these roles through, and sets the variable `identity`. */
export type Guard<Middleware> = (...roles: readonly [Role, ...Role[]]) => Middleware;

/** What the HTTP layer hands to features, so that they need not import it. */
export interface HttpKit<Routes, Middleware> {
  /** A router whose validation failures become `bad_body` problems. */
  newRoutes(): Routes;
  readonly guard: Guard<Middleware>;
  /** As `guard`, and takes `?token=` too: for pictures, whose tags in a page cannot set a header. */
  readonly mediaGuard: Guard<Middleware>;
}

/** An answer of JSON, as a route declares it. */
export const json = <S extends ZodType>(schema: S, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

/** A body of JSON that a route wants. */
export const body = <S extends ZodType>(schema: S) => ({
  required: true,
  content: { "application/json": { schema } },
});

/** For OpenAPI: this route wants a token. */
export const security = [{ bearer: [] }];
