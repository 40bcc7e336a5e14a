import { describe, expect, test } from "bun:test";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { TestApp } from "../kit/app.ts";
import { roomChannel } from "../kit/room.ts";

const secret = "another back end's secret";
const shop = {
  name: "shop",
  issuer: "https://shop.example",
  algorithm: "HS384",
  secret,
  user_claim: "uid",
  role_claim: "group",
  name_claim: "nick",
};

const startWith = (...issuers: object[]) =>
  TestApp.start({
    flags: { "jwt-issuers": JSON.stringify(issuers) },
    channels: (core) => [roomChannel(core)],
  });

const sign = (
  claims: object,
  alg = "HS384",
  key: Parameters<SignJWT["sign"]>[0] = new TextEncoder().encode(secret),
) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg })
    .setIssuer("https://shop.example")
    .setExpirationTime("1h")
    .sign(key);

const greeting = async (app: TestApp, token: string) =>
  (await app.connect(`/ws/${crypto.randomUUID()}?token=${token}`)).next();

describe("JWT_ISSUERS", () => {
  test("a shared secret: claims give user, name and role", async () => {
    await using app = await startWith(shop);
    const token = await sign({ uid: 42, nick: "Sara", group: "staff" });
    expect(await greeting(app, token)).toMatchObject({
      authenticated: true,
      user_id: "shop:42",
      name: "Sara",
    });
    expect((await app.fetch("/api/clients", { token })).status).toBe(200);
    const plain = await sign({ uid: 43, group: "boss" });
    expect((await app.fetch("/api/clients", { token: plain })).status).toBe(403);
  });

  test("no token makes itself anonymous or a device", async () => {
    await using app = await startWith(shop);
    for (const group of ["anonymous", "device"]) {
      const client = await app.connect(`/ws/rooms/1/?token=${await sign({ uid: 1, group })}`);
      expect(await client.settle()).toEqual([]);
    }
  });

  test("a public key", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const { secret: _, ...rest } = shop;
    await using app = await startWith({
      ...rest,
      algorithm: "ES256",
      public_key: await exportSPKI(publicKey),
    });
    expect(await greeting(app, await sign({ uid: 1 }, "ES256", privateKey))).toMatchObject({
      user_id: "shop:1",
    });
    const { privateKey: other } = await generateKeyPair("ES256");
    expect(await greeting(app, await sign({ uid: 1 }, "ES256", other))).toMatchObject({
      authenticated: false,
      reason: "the token is signed with another key",
    });
  });

  test("the public key as an HMAC secret (CVE-2015-9235) does not count", async () => {
    const { publicKey } = await generateKeyPair("RS256");
    const { secret: _, ...rest } = shop;
    const pem = await exportSPKI(publicKey);
    await using app = await startWith({ ...rest, algorithm: "RS256", public_key: pem });
    const forged = await sign({ uid: 1 }, "HS256", new TextEncoder().encode(pem));
    expect(await greeting(app, forged)).toMatchObject({
      authenticated: false,
      reason: expect.stringContaining("algorithm"),
    });
  });

  test("a JWKS address", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const keys = [{ ...(await exportJWK(publicKey)), alg: "RS256", kid: "k1" }];
    using jwks = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ keys }) });
    const { secret: _, ...rest } = shop;
    await using app = await startWith({
      ...rest,
      algorithm: "RS256",
      jwks_url: `http://127.0.0.1:${jwks.port}/keys`,
    });
    expect(await greeting(app, await sign({ uid: "u-1" }, "RS256", privateKey))).toMatchObject({
      user_id: "shop:u-1",
    });
  });

  test("no end only where the issuer says so", async () => {
    const endless = new SignJWT({ uid: 7 })
      .setProtectedHeader({ alg: "HS384" })
      .setIssuer("https://shop.example")
      .sign(new TextEncoder().encode(secret));
    await using strict = await startWith(shop);
    expect(await greeting(strict, await endless)).toMatchObject({
      authenticated: false,
      reason: "the token lacks the claim exp",
    });
    await using lax = await startWith({ ...shop, allow_no_expiry: true });
    expect(await greeting(lax, await endless)).toMatchObject({ user_id: "shop:7" });
  });

  test("audience and issuer are held against the token", async () => {
    await using app = await startWith({ ...shop, audience: "peyk" });
    expect(await greeting(app, await sign({ uid: 1 }))).toMatchObject({
      authenticated: false,
      reason: "the token lacks the claim aud",
    });
    expect(await greeting(app, await sign({ uid: 1, aud: "peyk" }))).toMatchObject({ authenticated: true });
  });

  test("a user of another issuer is never one of ours", async () => {
    await using app = await startWith(shop);
    const { id } = await app.user();
    expect(await greeting(app, await sign({ uid: id }))).toMatchObject({ user_id: `shop:${id}` });
  });

  test("keys that cannot be fetched are no reason to take the token for a bad one", async () => {
    using away = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("no", { status: 500 }),
    });
    const { privateKey } = await generateKeyPair("RS256");
    const { secret: _, ...rest } = shop;
    for (const jwks_url of [`http://127.0.0.1:${away.port}/keys`, "http://127.0.0.1:1/keys"]) {
      await using app = await startWith({ ...rest, algorithm: "RS256", jwks_url });
      const client = await app.connect(`/ws/x?token=${await sign({ uid: 1 }, "RS256", privateKey)}`);
      expect(await client.next()).toMatchObject({ error: "unavailable", retry: "later" });
      expect((await client.closed).code).toBe(4106);
    }
  });
});
