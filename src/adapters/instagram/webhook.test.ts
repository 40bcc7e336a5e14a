import { expect, test } from "bun:test";
import { metaJson } from "../../../test/kit/instagram/webhooks.ts";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";
import { isSame, isSigned } from "./signature.ts";

const customer = "771000000000001";
const encode = (text: string) => new TextEncoder().encode(text);

const verifying = (token: string) => ({
  "hub.mode": "subscribe",
  "hub.verify_token": token,
  "hub.challenge": "1158201444",
});

test("the challenge comes back raw, as plain text", async () => {
  await using world = new InstagramWorld();
  expect(await world.get(verifying(world.meta.settings.verify_token))).toEqual({
    status: 200,
    body: "1158201444",
    contentType: "text/plain",
  });
});

test.each([
  ["a wrong token", verifying("wrong")],
  ["no token", { "hub.mode": "subscribe", "hub.challenge": "1" }],
  ["another mode", { ...verifying("verify-token-of-the-webhook"), "hub.mode": "unsubscribe" }],
])("%s is not verified", async (_, query) => {
  await using world = new InstagramWorld();
  expect(await world.get(query)).toMatchObject({ status: 403 });
});

test("an empty secret or token opens nothing", async () => {
  await using world = new InstagramWorld({ verify_token: "", app_secret: "" });
  expect(await world.get(verifying(""))).toMatchObject({ status: 403 });
  const empty = new Bun.CryptoHasher("sha256", new Uint8Array()).update("{}").digest("hex");
  const headers = { "x-hub-signature-256": `sha256=${empty}` };
  expect(await world.post(encode("{}"), headers)).toMatchObject({ status: 403 });
  expect(isSame("", "")).toBe(false);
});

test.each([
  ["Persian", "سلام، سفارش من کجاست؟"],
  ["Cyrillic", "Здравствуйте, где мой заказ?"],
  ["emoji", "👨‍👩‍👧‍👦 🇮🇷 ❤️"],
  ["ASCII", "hello"],
])("%s comes through, signed over Meta's escaped bytes", async (_, text) => {
  await using world = new InstagramWorld();
  const mid = world.meta.customerWrites(customer, text);
  expect(await world.meta.deliver(world.webhook)).toEqual([200]);
  expect(world.updates).toMatchObject([{ key: `m:${mid}`, events: [{ kind: "message", text }] }]);
});

// Made with `printf '%s' <body> | openssl dgst -sha256 -hmac secret`, so that our own code does not judge itself.
const vectors = [
  [
    String.raw`{"text":"\u0633\u0644\u0627\u0645"}`,
    "9e685a4e6fc46e7aa774e178e20f3e4329ee43487ed402c3a9f34b5e8319f750",
  ],
  [
    String.raw`{"text":"\u043f\u0440\u0438\u0432\u0435\u0442"}`,
    "41cd093e143d5c3f376ab208a114648691598bce13613c30ef503bd459bb8c09",
  ],
  [
    String.raw`{"text":"\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 \u2764\ufe0f"}`,
    "24d4a178c2f14f85c9b146e90017d910e6c7b014f8c90286662007f082685a90",
  ],
] as const;

test.each(vectors)("%s has the signature that OpenSSL gives it", (body, hex) => {
  expect(isSigned(`sha256=${hex}`, "secret", encode(body))).toBe(true);
  // The same message as another program would write it is other bytes.
  expect(isSigned(`sha256=${hex}`, "secret", encode(JSON.stringify(JSON.parse(body))))).toBe(false);
});

test("the kit escapes as Meta does", () => {
  expect(metaJson({ text: "سلام 👍 a/b" })).toBe(
    String.raw`{"text":"\u0633\u0644\u0627\u0645 \ud83d\udc4d a\/b"}`,
  );
});

test("a missing or wrong signature is refused, and nothing is stored", async () => {
  await using world = new InstagramWorld();
  const payload = world.meta.payload([world.meta.item(customer, { message: { mid: "m", text: "سلام" } })]);
  const { body, headers } = world.meta.sign(payload);
  const good = headers.get("x-hub-signature-256") ?? "";
  expect(await world.post(body)).toMatchObject({ status: 401 });
  const wrong = [
    good.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")),
    good.slice(0, -1),
    good.slice("sha256=".length),
    `sha1=${good.slice("sha256=".length)}`,
    "sha256=",
    "",
  ];
  for (const signature of wrong)
    expect(await world.post(body, { "x-hub-signature-256": signature })).toMatchObject({ status: 403 });
  const changed = body.slice();
  changed[changed.length - 3] = 0x20;
  expect(await world.post(changed, headers)).toMatchObject({ status: 403 });
  expect(world.updates).toEqual([]);
  expect(await world.post(body, headers)).toMatchObject({ status: 200 });
});

test("a body over 1 MB is refused before anything is computed", async () => {
  await using world = new InstagramWorld();
  const { body, headers } = world.meta.sign({
    object: "instagram",
    entry: [],
    padding: "x".repeat(1_100_000),
  });
  expect(await world.post(body, headers)).toMatchObject({ status: 413 });
});

test.each(["{", "", "[]", "null", '"text"', "[".repeat(200_000)])(
  "%# what is no JSON object is 400",
  async (text) => {
    await using world = new InstagramWorld();
    const hex = new Bun.CryptoHasher("sha256", world.meta.settings.app_secret).update(text).digest("hex");
    const answer = await world.post(encode(text), { "x-hub-signature-256": `sha256=${hex}` });
    expect(answer).toMatchObject({ status: 400 });
  },
);

test("bytes that are no UTF-8 are 400", async () => {
  await using world = new InstagramWorld();
  const body = Uint8Array.of(0x7b, 0xff, 0x7d);
  const hex = new Bun.CryptoHasher("sha256", world.meta.settings.app_secret).update(body).digest("hex");
  expect(await world.post(body, { "x-hub-signature-256": `sha256=${hex}` })).toMatchObject({ status: 400 });
});

test("another object is taken and ignored; other methods are not", async () => {
  await using world = new InstagramWorld();
  const { body, headers } = world.meta.sign({ object: "page", entry: [{ id: "1" }] });
  expect(await world.post(body, headers)).toMatchObject({
    status: 200,
    body: expect.stringContaining("ignored"),
  });
  const query = new URLSearchParams();
  expect(await world.webhook({ method: "DELETE", headers, query, body })).toMatchObject({ status: 405 });
  expect(world.updates).toEqual([]);
});

test("entries of another account are ignored and logged", async () => {
  await using world = new InstagramWorld();
  const messaging = [world.meta.item(customer, { message: { mid: "m", text: "not ours" } })];
  const { body, headers } = world.meta.sign(world.meta.payload(messaging, { id: "17841499999999999" }));
  expect(await world.post(body, headers)).toMatchObject({ status: 200 });
  expect(world.updates).toEqual([]);
  expect(world.log).toEqual([
    { kind: "ignored", detail: expect.stringContaining("another account (17841499999999999)") },
  ]);
  expect(JSON.stringify(world.log)).not.toContain("not ours");
});

test("a batch of 1,000 with strange entries among them is taken whole, each chat in order", async () => {
  await using world = new InstagramWorld();
  const strange = [null, 7, "x", [], {}, { sender: 1 }, { sender: { id: customer }, unheard_of: {} }];
  const messaging = [...strange, ...Array.from({ length: 993 }, (_, i) => entry(world, i))];
  const { body, headers } = world.meta.sign(world.meta.payload(messaging));
  const answer = await world.post(body, headers);
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"processed_count":1000') });
  const texts = world.events.flatMap((event) => (event.kind === "message" ? [event] : []));
  expect(texts.length).toBe(993);
  expect(world.events.filter(({ kind }) => kind === "ignored").length).toBe(7);
  const one = texts.filter(({ from }) => from.id === "771000000000003").map(({ platformId }) => platformId);
  expect(one).toEqual(Array.from({ length: 99 }, (_, i) => `mid-${i * 10 + 3}`));
});

const entry = (world: InstagramWorld, i: number) =>
  world.meta.item(`77100000000000${i % 10}`, { message: { mid: `mid-${i}`, text: `message ${i}` } });

test("what the store cannot keep is asked for again, and the other chats are kept", async () => {
  await using world = new InstagramWorld();
  const keep = world.store;
  world.store = async (update) => {
    if (update.events[0]?.kind === "message" && update.events[0].from.id === customer)
      throw new Error("disk full, with what the customer wrote");
    await keep(update);
  };
  const { body, headers } = world.meta.sign(
    world.meta.payload([
      world.meta.item(customer, { message: { mid: "a", text: "first" } }),
      world.meta.item("772", { message: { mid: "b", text: "other chat" } }),
    ]),
  );
  expect(await world.post(body, headers)).toMatchObject({ status: 503, retryAfter: 10 });
  expect(world.keys).toEqual(["m:b"]);
  expect(world.log).toEqual([{ kind: "not_stored", detail: "Meta will come again: Error" }]);
  world.store = keep;
  expect(await world.post(body, headers)).toMatchObject({ status: 200 });
  expect(world.keys.toSorted()).toEqual(["m:a", "m:b", "m:b"]);
});

test("repeats and reorderings come with the same keys", async () => {
  await using world = new InstagramWorld();
  const mid = world.meta.customerWrites(customer, "سلام");
  world.clock.advance(1000);
  world.meta.customerEdits(customer, mid, "سلام!");
  const at = world.clock.now();
  world.meta.customerUnsends(customer, mid);
  world.meta.customerReads(customer, "ours");
  world.meta.queue(world.meta.item(customer, { reaction: { mid, action: "react", emoji: "❤" } }));
  expect(await world.meta.deliver(world.webhook, { repeat: 3, reversed: true })).toEqual(Array(15).fill(200));
  expect(world.meta.pending).toBe(0);
  expect(new Set(world.keys.filter((key) => !key.startsWith("x:")))).toEqual(
    new Set([`r:${customer}:ours`, `d:${mid}`, `u:${mid}:${at}`, `m:${mid}`]),
  );
  expect(new Set(world.keys).size).toBe(5);
});

test("within one request what happened first comes first", async () => {
  await using world = new InstagramWorld();
  const mid = "mid";
  const pending = [
    world.meta.item(customer, { message: { mid, is_deleted: true } }),
    world.meta.item(customer, { message_edit: { mid, text: "ops" } }),
    world.meta.item(customer, { message: { mid, text: "oops" } }),
  ];
  const { body, headers } = world.meta.sign(world.meta.payload(pending));
  await world.post(body, headers);
  expect(world.keys.map((key) => key[0])).toEqual(["m", "u", "d"]);
});

test("what nobody took stays with Meta", async () => {
  await using world = new InstagramWorld();
  world.store = () => Promise.reject(new Error("down"));
  world.meta.customerWrites(customer, "hello");
  expect(await world.meta.deliver(world.webhook)).toEqual([503]);
  expect(world.meta.pending).toBe(1);
});
