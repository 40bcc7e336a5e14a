import { expect, test } from "bun:test";
import type { Update as TelegramUpdate } from "grammy/types";
import { readUpdate } from "../../src/adapters/telegram/updates.ts";

const date = 1_800_000_000;
const at = date * 1000;
const chat = { id: 5, type: "private", first_name: "Sara", last_name: "Tehrani", username: "sara" };
const from = { id: 5, type: "private", is_bot: false, first_name: "Sara" };

// Updates as they come over the wire, of which a test says only what it is about.
const read = (content: object) => readUpdate({ update_id: 77, ...content } as TelegramUpdate);
const readMessage = (content: object) =>
  read({ message: { message_id: 9, date, chat, from, ...content } }).events[0];

test("a text is a message of its chat, with a key that is Telegram's id of the update", () => {
  expect(read({ message: { message_id: 9, date, chat, from, text: "<b>سلام</b>" } })).toEqual({
    key: "77",
    events: [
      {
        kind: "message",
        platformId: "5:9",
        from: { id: "5", firstName: "Sara", lastName: "Tehrani", username: "sara" },
        text: "<b>سلام</b>",
        at,
      },
    ],
  });
});

test("names may be missing", () => {
  expect(readMessage({ chat: { id: 5, type: "private" }, text: "x" })).toMatchObject({
    from: { id: "5", firstName: "", lastName: "", username: undefined },
  });
});

test("an edit keeps the id of what it changes", () => {
  const edited_message = { message_id: 9, date, edit_date: date + 60, chat, from, text: "better" };
  const expected = { kind: "edited", chat: "5", platformId: "5:9", text: "better", at: at + 60_000 };
  expect(read({ edited_message }).events).toEqual([expected] as never);
  const { text: _, ...photo } = { ...edited_message, photo: [{ file_id: "p" }], caption: "new" };
  expect(read({ edited_message: photo }).events[0]).toMatchObject({ text: "[Image: new]" });
});

const photo = [
  { file_id: "small", width: 90, height: 90, file_size: 1000 },
  { file_id: "large", width: 1280, height: 1280, file_size: 90_000 },
];
const file = { file_id: "f", file_unique_id: "u", file_size: 123 };
const location = { latitude: 35.7, longitude: 51.4 };

test.each([
  [{ photo }, "[Image]", { kind: "image", reference: "large", bytes: 90_000, contentType: "image/jpeg" }],
  [{ photo, caption: "my door" }, "[Image: my door]", { kind: "image", reference: "large" }],
  [
    { voice: { ...file, mime_type: "audio/ogg" } },
    "[Voice Message]",
    { kind: "voice", reference: "f", contentType: "audio/ogg" },
  ],
  [{ audio: { ...file, title: "Song" } }, "[Audio: Song]", { kind: "audio" }],
  [{ video: file }, "[Video]", { kind: "video", bytes: 123 }],
  [{ animation: file, document: file }, "[Animation]", { kind: "video" }],
  [{ video_note: file }, "[Video Message]", { kind: "video" }],
  [
    { document: { ...file, file_name: "بیل.pdf", mime_type: "application/pdf" } },
    "[Document: بیل.pdf]",
    { kind: "document", name: "بیل.pdf", contentType: "application/pdf" },
  ],
  [
    { document: { ...file, file_name: "a.html", mime_type: "text/html" }, caption: "see" },
    "[Document: see]",
    { kind: "document", name: "a.html", contentType: undefined },
  ],
  [{ sticker: { ...file, emoji: "😀" } }, "[Sticker: 😀]", { kind: "sticker", reference: "f" }],
  [{ location }, "[Location: 35.7, 51.4]", { kind: "location" }],
  [
    { location, venue: { location, title: "Café", address: "1 Street" } },
    "[Location: 35.7, 51.4 (Café, 1 Street)]",
    { kind: "location" },
  ],
])("%j", (content, text, media) => {
  expect(readMessage(content)).toMatchObject({ kind: "message", text, media });
});

test.each([
  [{ contact: { phone_number: "+98", first_name: "Ali", last_name: "R" } }, "[Contact: Ali R, +98]"],
  [{ poll: { question: "Tea?" } }, "[Poll: Tea?]"],
  [{ dice: { emoji: "🎲", value: 6 } }, "[Dice: 🎲 6]"],
  [{ story: { id: 1 } }, "[Story]"],
])("%j has words and no media", (content, text) => {
  const event = readMessage(content);
  expect(event).toMatchObject({ kind: "message", text });
  expect(event).not.toHaveProperty("media");
});

test.each(["group", "supergroup", "channel"])("what is said in a %s is ignored", (type) => {
  const reason = `message in a ${type}: the inbox talks in private chats only`;
  const elsewhere = { message_id: 9, date, chat: { id: -5, type, title: "T" }, text: "x" };
  for (const kind of ["message", "edited_message"])
    expect(read({ [kind]: elsewhere }).events).toEqual([{ kind: "ignored", reason }]);
});

test("blocking the bot is ignored, and said", () => {
  const member = (status: string) => ({ chat, from, date, new_chat_member: { status } });
  const [kicked] = read({ my_chat_member: member("kicked") }).events;
  expect(kicked).toEqual({ kind: "ignored", reason: "the customer blocked the bot" });
  const [back] = read({ my_chat_member: member("member") }).events;
  expect(back).toEqual({ kind: "ignored", reason: "the customer's bot membership is member" });
});

test.each([
  [{ poll_answer: {} }, "update of the kind poll_answer"],
  [{}, "update of the kind nothing"],
  [
    { message: { message_id: 9, date, chat, pinned_message: {} } },
    "message without anything that a customer said",
  ],
  [{ message: "no object" }, "update 77 is not built as the Bot API says"],
  [{ message: { text: "no chat" } }, "update 77 is not built as the Bot API says"],
])("what nobody can show is ignored with a reason: %j", (content, reason) => {
  expect(read(content).events).toEqual([{ kind: "ignored", reason }]);
});
