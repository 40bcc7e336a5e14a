import { expect, test } from "bun:test";
import { clientFrame, type FrameEvent, FrameReader } from "./frames.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const read = (hex: string): FrameEvent[] => new FrameReader().push(bytes(hex));

test.each([
  // RFC 6455 5.7: the section's own examples.
  ["81 05 48656c6c6f", { kind: "message", text: "Hello", bytes: 5 }],
  ["89 05 48656c6c6f", { kind: "ping", data: bytes("48656c6c6f") }],
  ["8a 00", { kind: "pong", data: new Uint8Array() }],
  ["01 03 48656c 80 02 6c6f", { kind: "message", text: "Hello", bytes: 5 }],
  ["82 01 00", { kind: "message", bytes: 1 }],
  ["88 02 03e8", { kind: "close", code: 1000, reason: "" }],
  ["88 00", { kind: "close", code: 1005, reason: "" }],
])("%s is read", (hex, event) => {
  expect(read(hex)).toEqual([event as FrameEvent]);
});

test.each([
  ["81 85 00000000 48656c6c6f", "masked"],
  ["c1 00", "reserved_bits"],
  ["83 00", "unknown_opcode"],
  ["09 00", "fragmented_control"],
  ["89 7e 007e", "control_too_long"],
  ["80 00", "stray_continuation"],
  ["01 01 61 81 01 62", "interrupted_message"],
  ["81 02 c328", "bad_utf8"],
  ["88 01 03", "bad_close"],
  ["88 02 03ee", "bad_close_code"],
  ["82 7f 000000000bebc200", "frame_too_long"],
  ["485454502f312e3120343030", "http_again"],
])("%s breaks the rules: %s", (hex, fault) => {
  expect(read(hex)).toMatchObject([{ kind: "broken", fault }]);
});

test("a control frame may stand between the parts of a message", () => {
  expect(read("01 01 61 89 00 80 01 62").map(({ kind }) => kind)).toEqual(["ping", "message"]);
});

test("frames that come in single bytes are read as if they came at once", () => {
  const reader = new FrameReader();
  const events = [...bytes("81 05 48656c6c6f 8a 00")].flatMap((byte) => reader.push(new Uint8Array([byte])));
  expect(events.map(({ kind }) => kind)).toEqual(["message", "pong"]);
});

test("nothing is read behind a frame that broke the rules", () => {
  const reader = new FrameReader();
  reader.push(bytes("83 00"));
  expect(reader.push(bytes("8a 00"))).toEqual([]);
});

test.each([0, 125, 126, 65_535, 65_536])(
  "our own frame of %d bytes is masked, and says its length",
  (size) => {
    const frame = clientFrame("text", new Uint8Array(size).fill(0x61));
    const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
    const mask = frame.subarray(head, head + 4);
    expect(frame.length).toBe(head + 4 + size);
    expect(frame[1]! & 0x80).toBe(0x80);
    expect(frame.subarray(head + 4).every((byte, i) => (byte ^ mask[i % 4]!) === 0x61)).toBe(true);
  },
);
