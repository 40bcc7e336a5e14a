import { expect, test } from "bun:test";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";

const customer = "771000000000001";
const account = "17841400000000001";

/** What one entry of `messaging` becomes. */
async function told(fields: Record<string, unknown>, from = customer) {
  await using world = new InstagramWorld();
  world.meta.queue(world.meta.item(from, fields));
  expect(await world.meta.deliver(world.webhook)).toEqual([200]);
  return world.updates[0];
}

const message = (fields: Record<string, unknown>) => ({ message: { mid: "mid", ...fields } });
const attached = (type: string, payload: Record<string, unknown> = { url: "https://x.fbcdn.net/a" }) =>
  message({ attachments: [{ type, payload }] });

test.each([
  ["image", "image", "[Image]"],
  ["audio", "voice", "[Voice Message]"],
  ["video", "video", "[Video]"],
  ["file", "document", "[Document]"],
  ["share", "share", "[Shared post]"],
  ["story_mention", "share", "[Story mention]"],
  ["ig_reel", "share", "[Reel]"],
  ["constructor", "share", "[Attachment]"],
])("an attachment of type %s is %s: %s", async (type, kind, text) => {
  expect(await told(attached(type))).toMatchObject({
    key: "m:mid",
    events: [
      { kind: "message", platformId: "mid", text, media: { kind, reference: "https://x.fbcdn.net/a" } },
    ],
  });
});

test("an attachment's caption is the text; a share tells its title, and its page where that is one", async () => {
  const caption = {
    text: "این چند است؟",
    attachments: [{ type: "image", payload: { url: "https://x.fbcdn.net/a" } }],
  };
  expect((await told(message(caption)))?.events).toMatchObject([
    { text: "این چند است؟", media: { kind: "image" } },
  ]);
  const page = "https://www.instagram.com/p/abc/";
  expect((await told(attached("share", { url: page, title: "Tea" })))?.events).toMatchObject([
    { text: `[Shared post] Tea ${page}` },
  ]);
});

test("several attachments are several messages, and an unsend takes them all", async () => {
  const image = (url: string) => ({ type: "image", payload: { url } });
  const attachments = ["a", "b", "c"].map((name) => image(`https://x.fbcdn.net/${name}`));
  const update = await told(message({ text: "look", attachments }));
  expect(update?.events).toMatchObject([
    { platformId: "mid", text: "look", media: { reference: "https://x.fbcdn.net/a" } },
    { platformId: "mid#2", text: "[Image]", media: { reference: "https://x.fbcdn.net/b" } },
    { platformId: "mid#3", text: "[Image]", media: { reference: "https://x.fbcdn.net/c" } },
  ]);
  const gone = await told(message({ is_deleted: true }));
  expect(gone?.key).toBe("d:mid");
  const ids = gone?.events.map((event) => (event.kind === "deleted" ? event.platformId : undefined));
  expect(ids).toEqual(["mid", ...Array.from({ length: 9 }, (_, i) => `mid#${i + 2}`)]);
});

test("more attachments than an unsend can take back are not shown", async () => {
  const attachments = Array.from({ length: 12 }, () => ({ type: "image", payload: {} }));
  expect((await told(message({ attachments })))?.events.length).toBe(10);
});

test("a story reply says so and shows the story", async () => {
  const reply_to = { story: { id: "1", url: "https://x.fbcdn.net/story" } };
  expect((await told(message({ text: "چه زیبا", reply_to })))?.events).toMatchObject([
    {
      kind: "message",
      text: "[Story reply] چه زیبا",
      media: { kind: "share", reference: "https://x.fbcdn.net/story" },
    },
  ]);
  expect((await told(message({ reply_to })))?.events).toMatchObject([{ text: "[Story reply]" }]);
  expect((await told(message({ text: "yes", reply_to: { mid: "other" } })))?.events).toMatchObject([
    { text: "yes" },
  ]);
});

test("what Instagram cannot hand over is at least seen", async () => {
  expect((await told(message({ is_unsupported: true })))?.events).toMatchObject([
    { kind: "message", text: "[Unsupported message]" },
  ]);
});

test("an edit, a read mark and a button", async () => {
  expect(await told({ message_edit: { mid: "mid", text: "new", num_edit: 1 } })).toMatchObject({
    key: "u:mid:1800000000000",
    events: [{ kind: "edited", chat: customer, platformId: "mid", text: "new", at: 1_800_000_000_000 }],
  });
  expect(await told({ read: { mid: "ours" } })).toMatchObject({
    key: `r:${customer}:ours`,
    events: [{ kind: "read", chat: customer, platformId: "ours" }],
  });
  expect(await told({ postback: { mid: "mid", title: "Where is my order?", payload: "X" } })).toMatchObject({
    key: "m:mid",
    events: [{ kind: "message", platformId: "mid", text: "Where is my order?" }],
  });
});

test("an echo, marked or known by its sender, is never a customer's message", async () => {
  await using world = new InstagramWorld();
  const mid = world.meta.ownerWrites(customer, "از تلفن");
  const ends = { sender: { id: account }, recipient: { id: customer } };
  world.meta.queue({
    ...ends,
    timestamp: 5,
    ...message({ attachments: [{ type: "image" }, { type: "audio" }] }),
  });
  await world.meta.deliver(world.webhook);
  expect(world.updates).toMatchObject([
    { key: `e:${mid}`, events: [{ kind: "echo", chat: customer, platformId: mid, text: "از تلفن" }] },
    { key: "e:mid", events: [{ kind: "echo", chat: customer, text: "[Image] [Voice Message]" }] },
  ]);
  expect(world.meta.count("profile")).toBe(0);
});

test("our own unsend is told of the customer's chat", async () => {
  await using world = new InstagramWorld();
  const ends = { sender: { id: account }, recipient: { id: customer } };
  world.meta.queue({ ...ends, timestamp: 5, ...message({ is_echo: true, is_deleted: true }) });
  await world.meta.deliver(world.webhook);
  expect(world.events[0]).toMatchObject({ kind: "deleted", chat: customer, platformId: "mid" });
});

test.each([
  [{ reaction: { mid: "m", action: "react" } }, "nothing to show in reaction"],
  [{ referral: { ref: "x" } }, "nothing to show in referral"],
  [{ optin: { type: "x" } }, "nothing to show in optin"],
  [{ something_new: 1 }, "nothing to show in something_new"],
  [{}, "nothing to show in an empty entry"],
  [{ message: { text: "no id" } }, "a message without an id"],
  [{ message_edit: { mid: "m", num_edit: 0 } }, "an edit without an id or a text"],
  [{ postback: { title: "no id" } }, "a button without an id or a text"],
  [{ read: { watermark: 5 } }, "a read mark of our own, or without an id"],
])("%j is ignored: %s", async (fields, reason) => {
  expect(await told(fields)).toEqual({
    key: expect.stringMatching(/^x:[0-9a-f]{32}$/),
    events: [{ kind: "ignored", reason }],
  });
});

test("what the account writes to itself is ignored", async () => {
  expect((await told(message({ text: "note" }), account))?.events).toMatchObject([{ kind: "ignored" }]);
});

test("standby is shown; the dashboard's test button comes as a change, in seconds; a comment is ignored", async () => {
  await using world = new InstagramWorld();
  const value = { ...world.meta.item(customer, message({ text: "test" })), timestamp: "1527459824" };
  const payload = world.meta.payload([], {
    standby: [world.meta.item(customer, { message: { mid: "other-tool", text: "hi" } })],
    changes: [
      { field: "messages", value },
      { field: "comments", value: { id: "1", text: "nice" } },
    ],
  });
  const { body, headers } = world.meta.sign(payload);
  expect(await world.post(body, headers)).toMatchObject({ status: 200 });
  expect(world.keys).toEqual(expect.arrayContaining(["m:mid", "m:other-tool"]));
  expect(world.events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "message", text: "test", at: 1_527_459_824_000 }),
      expect.objectContaining({ kind: "message", text: "hi" }),
      { kind: "ignored", reason: "comments that is no customer's message" },
    ]),
  );
  expect(world.updates.length).toBe(3);
});
