import { expect, test } from "bun:test";
import { InstagramWorld } from "../../../test/kit/instagram/world.ts";
import { fileType } from "./file-type.ts";
import { fetchMedia, maxMediaBytes } from "./media.ts";
import { isPublicAddress } from "./public-address.ts";

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A CDN that answers everything with a PNG, or with what `answer` says; the addresses that were asked for. */
function cdn(world: InstagramWorld, answer: (url: string) => Response | undefined = () => undefined) {
  const asked: string[] = [];
  const get = (reference: string, addresses = ["157.240.1.1"]) =>
    fetchMedia(
      {
        apiRoot: "https://graph.instagram.com/v23.0",
        clock: world.clock,
        fetch: async (url) => {
          asked.push(url);
          return answer(url) ?? new Response(png, { headers: { "content-type": "text/html" } });
        },
        resolve: async () => addresses,
      },
      reference,
    );
  return { get, asked };
}

test("a file comes with the type that its bytes have, and no token goes out for it", async () => {
  await using world = new InstagramWorld();
  const reference = world.meta.file(png, { type: "text/html" });
  const { data, contentType } = await world.platform.media(reference);
  expect(contentType).toBe("image/png");
  expect(await new Response(data).bytes()).toEqual(png);
});

test.each([
  "https://scontent.cdninstagram.com/v/a.jpg?oh=1",
  "https://scontent-ams2-1.xx.fbcdn.net/a",
  "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1",
  "https://cdn.fbsbx.com/a",
])("%s is Meta's", async (reference) => {
  await using world = new InstagramWorld();
  expect(await cdn(world).get(reference)).toMatchObject({ contentType: "image/png" });
});

test.each([
  "http://scontent.cdninstagram.com/a",
  "https://evilcdninstagram.com/a",
  "https://cdninstagram.com.evil.example/a",
  "https://scontent.cdninstagram.com@evil.example/a",
  "https://user:pass@scontent.cdninstagram.com/a",
  "https://scontent.cdninstagram.com:8443/a",
  "https://127.0.0.1/a",
  "https://[::1]/a",
  "file:///etc/passwd",
  "ftp://x.fbcdn.net/a",
  "data:text/plain,x",
])("%s is refused without a request", async (reference) => {
  await using world = new InstagramWorld();
  const { get, asked } = cdn(world);
  await expect(get(reference)).rejects.toMatchObject({ fault: "forbidden" });
  expect(asked).toEqual([]);
});

test("a name of Meta's that stands for a private address is refused", async () => {
  await using world = new InstagramWorld();
  const { get, asked } = cdn(world);
  for (const address of ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
    await expect(get("https://x.fbcdn.net/a", ["157.240.1.1", address])).rejects.toMatchObject({
      fault: "forbidden",
    });
  await expect(get("https://x.fbcdn.net/a", [])).rejects.toMatchObject({ fault: "forbidden" });
  expect(asked).toEqual([]);
});

test("public and other addresses", () => {
  const open = ["1.1.1.1", "157.240.1.1", "172.32.0.1", "2a03:2880:f12f::1", "::ffff:8.8.8.8", "100.128.0.1"];
  const closed = [
    "0.0.0.0",
    "10.1.1.1",
    "100.64.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.19.0.1",
    "224.0.0.1",
  ];
  const odd = [
    "255.255.255.255",
    "fe80::1",
    "fc00::1",
    "::",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "x",
    "",
  ];
  expect(open.filter((each) => !isPublicAddress(each))).toEqual([]);
  expect([...closed, ...odd].filter(isPublicAddress)).toEqual([]);
});

test("redirects are followed among Meta's hosts only, and not for ever", async () => {
  await using world = new InstagramWorld();
  const to = (location: string) => new Response(null, { status: 302, headers: { location } });
  const good = cdn(world, (url) => (url.endsWith("/a") ? to("https://y.cdninstagram.com/b") : undefined));
  expect(await good.get("https://x.fbcdn.net/a")).toMatchObject({ contentType: "image/png" });
  const out = cdn(world, () => to("http://169.254.169.254/latest/meta-data"));
  await expect(out.get("https://x.fbcdn.net/a")).rejects.toMatchObject({ fault: "forbidden" });
  expect(out.asked.length).toBe(1);
  const round = cdn(world, () => to("/a"));
  await expect(round.get("https://x.fbcdn.net/a")).rejects.toMatchObject({ fault: "forbidden" });
  expect(round.asked.length).toBe(4);
});

test("what is gone, too big, in trouble or no address", async () => {
  await using world = new InstagramWorld();
  const { meta, platform } = world;
  await expect(platform.media(`${meta.origin}/files/99`)).rejects.toMatchObject({ fault: "not_found" });
  await expect(platform.media("not an address")).rejects.toMatchObject({ fault: "not_found" });
  const big = meta.file(new Uint8Array(maxMediaBytes + 1));
  await expect(platform.media(big)).rejects.toMatchObject({ fault: "message_too_big" });
  expect(await platform.media(meta.file(new Uint8Array(maxMediaBytes)))).toMatchObject({
    contentType: "application/octet-stream",
  });
  await expect(platform.media(meta.file(png, { status: 500 }))).rejects.toMatchObject({
    fault: "unavailable",
  });
  await meta.down();
  await expect(platform.media(big)).rejects.toMatchObject({ fault: "unavailable" });
  meta.up();
});

test("a body that is longer than it says is cut at the limit", async () => {
  await using world = new InstagramWorld();
  let given = 0;
  const endless = new ReadableStream({
    pull: (controller) => {
      given += 1024 * 1024;
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
  });
  const { get } = cdn(world, () => new Response(endless));
  const { data } = await get("https://x.fbcdn.net/a");
  // Nobody has read more than what a file is known by.
  expect(given).toBeLessThan(3 * 1024 * 1024);
  await expect(new Response(data).bytes()).rejects.toMatchObject({ fault: "message_too_big" });
  expect(given).toBeLessThan(maxMediaBytes + 4 * 1024 * 1024);
});

test("a body that says it is too long is not read", async () => {
  await using world = new InstagramWorld();
  let cancelled = false;
  const body = new ReadableStream({
    cancel: () => {
      cancelled = true;
    },
  });
  const headers = { "content-length": String(maxMediaBytes + 1) };
  const { get } = cdn(world, () => new Response(body, { headers }));
  await expect(get("https://x.fbcdn.net/a")).rejects.toMatchObject({ fault: "message_too_big" });
  expect(cancelled).toBe(true);
});

test("a server that is silent for 20 s is given up", async () => {
  await using world = new InstagramWorld();
  const reference = world.meta.file(png);
  const release = world.meta.hold();
  const fetched = world.platform.media(reference).catch((error: unknown) => error);
  await world.meta.arrived("file");
  world.clock.advance(20_000);
  expect(await fetched).toMatchObject({ fault: "unavailable" });
  release();
});

test.each([
  ["image/jpeg", "\xff\xd8\xff\xe0", ""],
  ["image/gif", "GIF89a", ""],
  ["image/webp", "RIFF\0\0\0\0WEBPVP8 ", ""],
  ["audio/wav", "RIFF\0\0\0\0WAVEfmt ", ""],
  ["audio/mpeg", "ID3\x04", ""],
  ["audio/mp4", "\0\0\0\x20ftypM4A ", "video/mp4"],
  ["audio/mp4", "\0\0\0\x20ftypmp42", "audio/mp4"],
  ["video/mp4", "\0\0\0\x20ftypisom", "text/html"],
  ["audio/ogg", "OggS", "audio/ogg; codecs=opus"],
  ["application/pdf", "%PDF-1.7", ""],
  ["application/octet-stream", "<html><script>", "image/png"],
  ["application/octet-stream", "<svg xmlns=", "image/svg+xml"],
  ["application/octet-stream", "", "image/png"],
])("%s by its first bytes", (type, head, claimed) => {
  expect(fileType(Buffer.from(head, "latin1"), claimed)).toBe(type);
});
