import { expect, test } from "bun:test";
import { contentTypeOf } from "../../src/adapters/telegram/content-type.ts";
import { Fault } from "../../src/protocol/faults.ts";
import { Bench } from "../kit/telegram/platform.ts";

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const megabyte = 1024 * 1024;

async function faultOf(fetching: Promise<unknown>): Promise<Fault> {
  const thrown = await fetching.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

test("a file comes with its bytes, and with the type that they show", async () => {
  await using bench = new Bench();
  const data = latin1("\xff\xd8\xff\xe0 and a picture");
  bench.telegram.addFile("p", data, { path: "photos/file 1.html" });
  const media = await bench.platform.media("p");
  expect(media.contentType).toBe("image/jpeg");
  expect(await new Response(media.data).bytes()).toEqual(data);
});

test("a file that Telegram does not know, or no longer, is not found", async () => {
  await using bench = new Bench();
  expect(await faultOf(bench.platform.media("nope"))).toMatchObject({ fault: "not_found" });
  bench.telegram.addFile("gone", latin1("x"), { path: "a" });
  bench.telegram.addFile("gone", latin1("x"), { path: "docs/a?b#c %" });
  expect((await bench.platform.media("gone")).contentType).toBe("application/octet-stream");
});

test("a file over 20 MB is too big, whether Telegram says so before or it shows on the way", async () => {
  await using bench = new Bench();
  bench.telegram.addFile("said", latin1("x"), { size: 20 * megabyte + 1 });
  expect(await faultOf(bench.platform.media("said"))).toMatchObject({ fault: "message_too_big" });
  bench.telegram.addFile("shown", new Uint8Array(20 * megabyte + 1), { size: 5 });
  expect(await faultOf(bench.platform.media("shown"))).toMatchObject({ fault: "message_too_big" });
  bench.telegram.addFile("fits", new Uint8Array(20 * megabyte));
  const { data } = await bench.platform.media("fits");
  expect((await new Response(data).bytes()).byteLength).toBe(20 * megabyte);
});

test("Telegram away, or too busy: come back later", async () => {
  await using bench = new Bench();
  bench.telegram.inject({ kind: "flood", retryAfter: 3 }, { method: "getFile" });
  expect(await faultOf(bench.platform.media("p"))).toMatchObject({ fault: "unavailable" });
  await bench.telegram.goDown();
  expect(await faultOf(bench.platform.media("p"))).toMatchObject({ fault: "unavailable" });
});

/** A Bot API that knows one file, and never comes to its first byte. */
const hanging = (file: object) =>
  Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch: ({ url }) =>
      url.includes("/file/")
        ? new Promise<Response>(() => {})
        : Response.json({ ok: true, result: { file_id: "p", file_unique_id: "u", ...file } }),
  });

test("a download that hangs is given up after a minute", async () => {
  const server = hanging({ file_path: "p" });
  await using bench = new Bench({ api_root: `http://127.0.0.1:${server.port}` });
  const fetching = faultOf(bench.platform.media("p"));
  await bench.until(() => bench.waits(60_000) === 1);
  bench.clock.advance(60_000);
  expect(await fetching).toMatchObject({ fault: "unavailable" });
  await server.stop(true);
});

test("a Bot API server of one's own has larger files, which are not even begun", async () => {
  const server = hanging({ file_path: "p", file_size: 20 * megabyte + 1 });
  await using bench = new Bench({ api_root: `http://127.0.0.1:${server.port}` });
  expect(await faultOf(bench.platform.media("p"))).toMatchObject({ fault: "message_too_big" });
  await server.stop(true);
});

const zip = "PK\x03\x04";
test.each([
  ["\x89PNG\r\n\x1a\n", "x.txt", "image/png"],
  ["RIFF\x00\x00\x00\x00WEBPVP8", "sticker.webp", "image/webp"],
  ["OggS", "voice.oga", "audio/ogg"],
  ["ID3", "a.mp3", "audio/mpeg"],
  ["\x00\x00\x00\x18ftypmp42", "video.mp4", "video/mp4"],
  ["\x00\x00\x00\x18ftypM4A ", "a.m4a", "audio/mp4"],
  ["%PDF-1.7", "a", "application/pdf"],
  [zip, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  [zip, "a.html", "application/octet-stream"],
  ["\x1f\x8b", "sticker.TGS", "application/x-tgsticker"],
  ["hello", "a.txt", "text/plain; charset=utf-8"],
  ["<!doctype html>", "a.html", "application/octet-stream"],
  ["<svg onload=alert(1)>", "a.svg", "application/octet-stream"],
  ["GIF", "a.js", "application/octet-stream"],
  ["", "", "application/octet-stream"],
])("the type of %j as %s is %s", (head, name, type) => {
  expect(contentTypeOf(latin1(head), name)).toBe(type);
});
