import { createPublicKey } from "node:crypto";
import { z } from "zod";
import { roles } from "../core/identity.ts";
import { logLevels } from "../core/log.ts";
import { defaultLimits } from "../protocol/limits.ts";
import { integer, json, list, setting } from "./setting.ts";

const million = 1_000_000;
const year = 365 * 86_400;
const limit = (key: keyof typeof defaultLimits, min: number, max: number, doc: string) =>
  setting(integer(min, max).default(defaultLimits[key]), doc);

const ports = z.preprocess(
  (value) =>
    typeof value === "string"
      ? value.split(",").map((each) => Number(each.trim() || "x"))
      : typeof value === "number"
        ? [value]
        : value,
  z
    .array(
      z
        .int("must be a port from 0 to 65535, or a comma list of them")
        .min(0)
        .max(65_535, "must be a port from 0 to 65535"),
    )
    .min(1),
);

const tokens = list.pipe(
  z
    .array(z.string().min(8, "a token needs 8 characters at least").max(512))
    .min(1, "must hold one token at least"),
);

function isPublicKey(pem: string): boolean {
  try {
    return pem.includes("BEGIN PUBLIC KEY") && createPublicKey(pem).type === "public";
  } catch {
    return false;
  }
}

const issuer = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_-]+$/, "name must be lower-case letters, digits, _ or -"),
    issuer: z.string().optional(),
    audience: z.string().optional(),
    algorithm: z.enum([
      "HS256",
      "HS384",
      "HS512",
      "RS256",
      "RS384",
      "RS512",
      "PS256",
      "ES256",
      "ES384",
      "ES512",
      "EdDSA",
    ]),
    secret: z.string().min(16, "secret must have 16 characters at least").optional(),
    public_key: z
      .string()
      .refine(isPublicKey, "public_key must be a PEM that starts with -----BEGIN PUBLIC KEY-----")
      .optional(),
    jwks_url: z.url().optional(),
    user_claim: z.string().default("sub"),
    name_claim: z.string().optional(),
    role_claim: z.string().optional(),
    role: z.enum(roles).default("user"),
    allow_no_expiry: z.boolean().default(false),
  })
  .refine(
    ({ secret, public_key, jwks_url }) =>
      [secret, public_key, jwks_url].filter((each) => each !== undefined).length === 1,
    "needs exactly one of secret, public_key and jwks_url",
  )
  .refine(
    ({ secret, algorithm }) => (secret !== undefined) === algorithm.startsWith("HS"),
    "HS algorithms go with a secret, all others with a public key or jwks_url",
  );

function isDatabase(url: string): boolean {
  if (url.startsWith("sqlite:")) return url.length > "sqlite:".length;
  return /^postgres(ql)?:\/\//.test(url) && URL.canParse(url) && new URL(url).pathname.length > 1;
}

/** Every setting of the program; nothing else reads the environment. docs/config.md is made from this. */
export const settings = {
  host: setting(
    z.string().min(1).default("0.0.0.0"),
    "Address to listen on; 127.0.0.1 for this machine alone",
  ),
  port: setting(ports.default([8000]), "Port, or several: 3000,40345"),
  tlsCert: setting(
    z.string().min(1).optional(),
    "PEM file of the certificate with its chain, for https and wss; a renewed file is taken up by itself",
  ),
  tlsKey: setting(z.string().min(1).optional(), "PEM file of its private key"),
  tlsPort: setting(
    ports.optional(),
    "Ports for TLS beside PORT, which stays plain; if unset, TLS_CERT makes every port of PORT speak TLS",
  ),
  dataDir: setting(z.string().min(1).default("./data"), "Folder for the database and the generated secrets"),
  databaseUrl: setting(
    z
      .string()
      .refine(isDatabase, "must be sqlite:<file> or postgres://user:password@host:5432/name")
      .optional(),
    "sqlite:<file>, or postgres://user:password@host:5432/name for PostgreSQL 13 or newer; by default peyk.db in DATA_DIR",
    true,
  ),
  brokerUrl: setting(
    z.literal("memory:", "must be memory: (Redis is not built yet)").default("memory:"),
    "What connects several nodes",
  ),
  jwtSecret: setting(
    z.string().min(32, "must have 32 characters at least; `openssl rand -base64 48` makes one").optional(),
    "Signs our access tokens; made once into DATA_DIR if unset",
    true,
  ),
  jwtIssuers: setting(
    json(z.array(issuer, "must be a JSON array of issuers; see docs/config.md")).default([]),
    "Back ends whose tokens count here, as JSON: name, issuer, audience, algorithm, one of secret, public_key and jwks_url, user_claim, name_claim, role_claim, role, allow_no_expiry",
    true,
  ),
  accessTokenTtl: setting(integer(60, year).default(86_400), "Seconds that an access token is good for"),
  refreshTokenTtl: setting(
    integer(3600, year).default(30 * 86_400),
    "Seconds that a login lasts without a visit",
  ),
  trustProxy: setting(list.default([]), "Addresses or networks of proxies whose X-Forwarded-For is believed"),
  allowedOrigins: setting(
    list.default([]),
    "Origins of pages that may connect, such as https://shop.example; empty: all",
  ),
  clientsHost: setting(
    z.string().default("ws.localhost"),
    "Host name on which every one-segment path is a client id",
  ),
  heartbeatInterval: setting(
    integer(1, 25).default(20),
    "Seconds between protocol pings; a peer that misses two is gone",
  ),
  pingInterval: setting(
    integer(1, 3600).default(120),
    "Seconds between JSON pings to devices; boards with MicroPython get one every 20 s at most",
  ),
  picoAuthTokens: setting(
    tokens.optional(),
    "Tokens that any Pico may use, as a comma list or JSON array; made once into DATA_DIR if unset",
    true,
  ),
  esp32camAuthTokens: setting(
    tokens.optional(),
    "Tokens that any ESP32-CAM may use, as a comma list or JSON array; made once into DATA_DIR if unset",
    true,
  ),
  publicTokens: setting(
    z.enum(["pairing", "open", "off"]).default("pairing"),
    "Who gets GET /public/tokens: pairing (this machine, and others while `peyk pair` lets them), open (anybody), off",
  ),
  maxDevices: setting(integer(1, 10 * million).default(100_000), "Devices that are known at most"),
  deviceIdleTimeout: setting(
    integer(5, 86_400).default(300),
    "Seconds without a message after which a device is closed; more than twice PING_INTERVAL is sensible",
  ),
  deviceGrace: setting(
    integer(0, 3600).default(15),
    "Seconds that a device has to come back before it counts as offline",
  ),
  deviceAckTimeout: setting(
    integer(1, 3600).default(30),
    "Seconds that a device has to acknowledge a command that it was sent",
  ),
  deviceLogMaxAge: setting(
    integer(60, 10 * year).default(30 * 86_400),
    "Seconds that the logs of devices are kept",
  ),
  deviceLogMaxRows: setting(
    integer(1000, 1000 * million).default(million),
    "Lines of their logs kept at most",
  ),
  maxFrameBytes: setting(
    integer(0, 32 * million).default(2 * 1024 * 1024),
    "Bytes of one picture of a camera; bigger ones are dropped. Any socket, a stranger's too, may make the server hold one message of 1.6 times this, so one address costs at most that times MAX_CONNECTIONS_PER_ADDRESS; 0: no cameras here, and the limit of all messages is MAX_MESSAGE_BYTES",
  ),
  photoQuotaBytes: setting(
    integer(0, 1_000_000 * million).default(1024 * million),
    "Bytes of stored photos; the oldest are removed first",
  ),
  osrmUrl: setting(
    z
      .url("must be an address such as http://localhost:5000")
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    "OSRM-compatible routing server for arrival times; without it they are straight-line estimates",
  ),
  offerTime: setting(integer(1, 600).default(15), "Seconds that a driver has to accept an order"),
  positionStaleAfter: setting(
    integer(1, 86_400).default(30),
    "Seconds after which a driver's position counts as stale",
  ),
  positionLostAfter: setting(integer(1, 86_400).default(300), "Seconds after which it counts as lost"),
  positionMinDistance: setting(
    integer(0, 10_000).default(10),
    "Metres that a driver must move to be told anew",
  ),
  trackMaxAge: setting(
    integer(3600, 10 * year).default(30 * 86_400),
    "Seconds that drivers' tracks are kept",
  ),
  publicUrl: setting(
    z
      .url("must be an address such as https://support.example")
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    "Address under which the outside reaches Peyk, for webhooks of Telegram and Instagram",
  ),
  maxNewConversationsPerAddress: setting(
    integer(0, million).default(60),
    "Conversations that visitors of one address may begin in an hour through web widgets, loopback excepted; 0: no limit",
  ),
  maxNewConversationsPerInbox: setting(
    integer(0, 100 * million).default(2_000),
    "The same of one web inbox, all addresses together",
  ),
  inboxMessagesPerMinute: setting(
    integer(0, million).default(60),
    "Messages that one user may send to customers in any minute, over all of his sockets and HTTP together; 0: no limit",
  ),
  journalMaxAge: setting(
    integer(60, 10 * year).default(7 * 86_400),
    "Seconds that events are kept for those who are away",
  ),
  journalMaxEvents: setting(integer(1000, 1000 * million).default(million), "Events that are kept at most"),
  catchUpMaxEvents: setting(
    integer(0, million).default(10_000),
    "Events that one reconnect may bring; past it comes a snapshot",
  ),
  maxMessageBytes: limit("maxMessageBytes", 1024, 64 * million, "Bytes of one incoming message"),
  maxMessageDepth: limit("maxMessageDepth", 2, 1000, "How deep objects and arrays may nest in a message"),
  messageRate: limit("messageRate", 0, million, "Messages per second of one connection; 0: no limit"),
  messageBurst: limit("messageBurst", 1, million, "Messages that may come at once above the rate"),
  authTimeout: setting(
    integer(1, 60).default(defaultLimits.authTimeout / 1000),
    "Seconds from the upgrade to a proven identity",
  ),
  maxBytesBeforeAuth: limit(
    "maxBytesBeforeAuth",
    512,
    million,
    "Bytes that a connection may send before it has an identity",
  ),
  maxOutboxBytes: limit(
    "maxOutboxBytes",
    16 * 1024,
    256 * million,
    "Bytes that may wait for one slow reader",
  ),
  maxConnections: limit("maxConnections", 1, 10 * million, "Open sockets on this node"),
  maxConnectionsPerAddress: limit(
    "maxConnectionsPerAddress",
    1,
    million,
    "Open sockets from one address, loopback excepted",
  ),
  maxConnectionsPerUser: limit("maxConnectionsPerUser", 1, million, "Open sockets of one user"),
  connectRate: limit("connectRate", 1, million, "New sockets per second on this node"),
  connectRatePerAddress: limit(
    "connectRatePerAddress",
    1,
    million,
    "New sockets per second from one address, loopback excepted",
  ),
  maxTaps: setting(integer(0, 1000).default(10), "Connections that staff may tap at once on this node"),
  auditMaxAge: setting(
    integer(86_400, 10 * year).default(year),
    "Seconds that it is kept what staff did: GET /api/audit",
  ),
  adminEmail: setting(
    z.string().includes("@", { error: "must be an email address" }).default("admin@localhost.localdomain"),
    "Email of the administrator made at the first start",
  ),
  adminPassword: setting(
    z.string().min(8, "must have 8 characters at least").optional(),
    "His password; generated and shown once if unset",
    true,
  ),
  logLevel: setting(z.enum(logLevels).default("info"), "What is logged: debug shows each message"),
  logFormat: setting(
    z.enum(["json", "pretty"]).optional(),
    "json, or pretty for people; by default pretty on a terminal",
  ),
} as const;

export type SettingKey = keyof typeof settings;
export type Config = { readonly [K in SettingKey]: z.output<(typeof settings)[K]["schema"]> };
