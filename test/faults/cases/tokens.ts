import { createHmac } from "node:crypto";
import type { Role } from "../../../src/core/identity.ts";
import { DispatchWorld } from "../../e2e/dispatch/kit.ts";
import type { TestApp } from "../../kit/app.ts";
import { broken, type FaultCase, healthy, type SetUp, warns } from "../kit/case.ts";
import { at, forge, inSeconds, peyk, secret } from "../kit/peyk.ts";

/** A channel for support agents: no anonymous, no first message. */
const agents = "/ws/conversations/";

interface World {
  readonly app: TestApp;
  readonly token: string;
  readonly email: string;
  readonly id: string;
}

/** Asks for a path with the token that this makes of a good one. */
const bringing =
  (
    token: (world: World) => string | Promise<string>,
    { path = agents, role = "user" as Role, flags = {} as Readonly<Record<string, unknown>> } = {},
  ): SetUp =>
  async (stack) => {
    const app = await peyk(stack, flags);
    const world = { app, ...(await app.user(role)) };
    return { url: at(app, path), options: { token: await token(world) } };
  };

const forged = (claims: Readonly<Record<string, unknown>>, signing?: Parameters<typeof forge>[2]): SetUp =>
  bringing(({ token }) => forge(token, claims, signing));

const shopSecret = "the secret that the shop signs with";
const shop = {
  name: "shop",
  issuer: "https://shop.example",
  audience: "peyk",
  algorithm: "HS256",
  secret: shopSecret,
};
const shopFlags = { "jwt-issuers": JSON.stringify([shop]) };

/** A token of the shop's back end. */
const ofShop = (claims: Readonly<Record<string, unknown>>) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const good = { iss: shop.issuer, sub: "42", aud: "peyk", exp: inSeconds(3600) };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ ...good, ...claims })}`;
  return `${signed}.${createHmac("sha256", shopSecret).update(signed).digest("base64url")}`;
};

/** A device's own token. */
const deviceToken = async ({ app }: World): Promise<string> => {
  const { token } = await app.user("admin");
  const { token: made } = await app.json(app.post("/api/devices", { kind: "pico", id: "kitchen" }, token));
  return made;
};

const of = (cause: Parameters<typeof broken>[1], fix: RegExp) => broken("auth", cause, "token", fix);

export const tokenCases: readonly FaultCase[] = [
  {
    name: "Peyk wants a token, and none is there",
    setUp: async (stack) => ({ url: at(await peyk(stack), agents) }),
    expected: of("token_missing", /--token/),
  },
  {
    name: "The token is no token",
    setUp: bringing(() => "hello"),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token lost its end when it was copied",
    setUp: bringing(({ token }) => token.slice(0, -60)),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token has its quotation marks with it",
    setUp: bringing(({ token }) => `"${token}"`),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token has the word `Bearer` with it",
    setUp: bringing(({ token }) => `Bearer ${token}`),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token has the end of its line with it",
    setUp: bringing(({ token }) => `${token}\n`),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token has two lines",
    setUp: bringing(({ token }) => `${token}\r\nX-Admin: yes`),
    expected: of("token_malformed", /token/),
  },
  {
    name: "The token expired two hours ago",
    setUp: forged({ exp: inSeconds(-7200) }),
    expected: of("token_expired", /log in|login|new|refresh/i),
  },
  {
    name: "The token is good from tomorrow on",
    setUp: forged({ nbf: inSeconds(86_400) }),
    expected: of("token_future", /clock|timedatectl|date/i),
  },
  {
    name: "The token is signed with another key",
    setUp: forged({}, { key: "the secret of quite another server" }),
    expected: of("token_wrong_key", /JWT_SECRET|JWT_ISSUERS/),
  },
  {
    name: "The token has no signature (`alg: none`)",
    setUp: forged({}, { alg: "none" }),
    expected: of("token_wrong_algorithm", /HS256|algorithm/i),
  },
  {
    name: "The token is signed with HS512, where HS256 is expected",
    setUp: forged({}, { alg: "HS512" }),
    expected: of("token_wrong_algorithm", /HS256|algorithm/i),
  },
  {
    name: "The token of another back end is for another audience",
    setUp: bringing(() => ofShop({ aud: "warehouse" }), { flags: shopFlags }),
    expected: of("token_wrong_audience", /audience/),
  },
  {
    name: "The token of another back end expired",
    setUp: bringing(() => ofShop({ exp: inSeconds(-100_000) }), { flags: shopFlags }),
    expected: of("token_expired", /log in|login|new|refresh/i),
  },
  {
    name: "The token comes from a back end that Peyk does not know",
    setUp: bringing(() => ofShop({ iss: "https://other.example" }), { flags: shopFlags }),
    expected: of("token_wrong_key", /JWT_ISSUERS/),
  },
  {
    name: "A refresh token in place of an access token",
    setUp: forged({ token_type: "refresh" }),
    expected: of("token_refresh", /access/i),
  },
  {
    name: "A device's token on a user's socket",
    setUp: bringing(deviceToken),
    expected: of("token_other_kind", /token that belongs/),
  },
  {
    name: "A user's token on a device's socket",
    setUp: bringing(({ token }) => token, { path: "/ws/pico" }),
    expected: of("token_other_kind", /token that belongs|peyk device add/),
  },
  {
    name: "A device's token that nobody gave",
    setUp: bringing(() => "pd_0123456789012345678901234567890123456789", { path: "/ws/pico" }),
    expected: of("token_unknown", /peyk device add/),
  },
  {
    name: "A Pico's token on a camera's socket",
    setUp: bringing(deviceToken, { path: "/ws/esp32cam" }),
    expected: of("token_other_kind", /token that belongs/),
  },
  {
    name: "A device from afar says nothing after the connection opens",
    setUp: async (stack) => {
      const app = await peyk(stack, { "trust-proxy": "127.0.0.1", "auth-timeout": "1" });
      return { url: at(app, "/ws/pico"), options: { headers: { "X-Forwarded-For": "203.0.113.9" } } };
    },
    expected: of("token_missing", /--token/),
  },
  {
    name: "The session was ended",
    setUp: bringing(async ({ app, token, id }) => {
      const { sid } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString());
      await app.app.accounts.endSession(Number(id), sid);
      return token;
    }),
    expected: of("token_revoked", /log in|login/i),
  },
  {
    name: "The user was disabled",
    setUp: bringing(async ({ app, token, email }) => {
      await app.app.accounts.setActive(email, false);
      return token;
    }),
    expected: of("token_revoked", /disabled|peyk user|administrator/i),
  },
  {
    name: "The user is no dispatcher, and wants the dispatchers' map",
    setUp: bringing(({ token }) => token, { path: "/ws/dispatch-map/" }),
    expected: of("role_refused", /staff/),
  },
  {
    name: "A support agent wants to watch an order",
    setUp: bringing(({ token }) => token, { path: "/ws/orders/1/" }),
    expected: of("role_refused", /passenger|role/),
  },
  {
    name: "A passenger wants to watch somebody else's order",
    setUp: async (stack) => {
      const world = await DispatchWorld.start();
      stack.use(world.app);
      return {
        url: at(world.app, `/ws/orders/${await world.order()}/`),
        options: { token: world.stranger.token },
      };
    },
    expected: of("object_refused", /order|owner|account/i),
  },
  {
    name: "A passenger wants to watch an order that does not exist",
    setUp: bringing(({ token }) => token, { path: "/ws/orders/999/", role: "passenger" }),
    expected: of("object_refused", /order|owner|account/i),
  },
  {
    name: "A bad token where anonymous clients are welcome: it is ignored",
    setUp: bringing(() => "hello", { path: "/ws/my-client" }),
    expected: warns("auth", "token_ignored", "token", /log in|login|token/i),
  },
  {
    name: "An expired token where anonymous clients are welcome",
    setUp: bringing(({ token }) => forge(token, { exp: inSeconds(-7200) }), { path: "/ws/my-client" }),
    expected: warns("auth", "token_ignored", "token", /log in|login|new/i),
  },
  {
    name: "Peyk with a user's token",
    setUp: bringing(({ token }) => token),
    expected: healthy,
  },
  {
    name: "Peyk with a user's token on a client's socket",
    setUp: bringing(({ token }) => token, { path: "/ws/my-client" }),
    expected: healthy,
  },
  {
    name: "Peyk with a token of another back end",
    setUp: bringing(() => ofShop({}), { flags: shopFlags, path: "/ws/my-client" }),
    expected: healthy,
  },
  {
    name: "A dispatcher at the map",
    setUp: bringing(({ token }) => token, { path: "/ws/dispatch-map/", role: "staff" }),
    expected: healthy,
  },
  {
    name: "A Pico with a token of its own",
    setUp: bringing(deviceToken, { path: "/ws/pico" }),
    expected: healthy,
  },
  {
    name: "The token is in the query",
    setUp: async (stack) => {
      const app = await peyk(stack, { "jwt-secret": secret });
      return { url: at(app, `${agents}?token=${(await app.user()).token}`) };
    },
    expected: healthy,
  },
];
