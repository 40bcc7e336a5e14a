import { createHmac } from "node:crypto";
import { TestApp, type TestOptions } from "../../kit/app.ts";

/** Signs the tokens of the servers below. A secret of tests is no secret. */
export const secret = "the secret of a server that lives for one test";

/** A Peyk in this process, on loopback. */
export const peyk = async (
  stack: AsyncDisposableStack,
  flags: Readonly<Record<string, unknown>> = {},
  options: TestOptions = {},
): Promise<TestApp> =>
  stack.use(await TestApp.start({ ...options, flags: { "jwt-secret": secret, ...flags } }));

/** `ws://…` of a path there. */
export const at = (app: TestApp, path: string): string => `ws://127.0.0.1:${app.port}${path}`;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token with other claims or another header than `token` has, signed with `key`. */
export function forge(
  token: string,
  claims: Readonly<Record<string, unknown>>,
  { key = secret, alg = "HS256" } = {},
): string {
  const payload = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
  const signed = `${part({ alg, typ: "JWT" })}.${part({ ...payload, ...claims })}`;
  if (alg === "none") return `${signed}.`;
  return `${signed}.${createHmac(`sha${alg.slice(2)}`, key)
    .update(signed)
    .digest("base64url")}`;
}

/** Seconds since 1970, so many seconds from now. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
