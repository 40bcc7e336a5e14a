/** What the first bytes say. What a server claims counts only where the bytes leave two readings: sound or film. */

const signatures: readonly (readonly [type: string, offset: number, bytes: string])[] = [
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 8, "WEBP"],
  ["audio/wav", 8, "WAVE"],
  ["audio/mpeg", 0, "ID3"],
  ["audio/mpeg", 0, "\xff\xfb"],
  ["audio/mpeg", 0, "\xff\xf3"],
  ["audio/aac", 0, "\xff\xf1"],
  ["audio/aac", 0, "\xff\xf9"],
  ["application/pdf", 0, "%PDF-"],
];

const mp4Brands = new Map([
  ["M4A ", "audio/mp4"],
  ["M4B ", "audio/mp4"],
  ["qt  ", "video/quicktime"],
  ["heic", "image/heic"],
  ["heix", "image/heic"],
  ["mif1", "image/heif"],
  ["avif", "image/avif"],
]);

export function fileType(data: Uint8Array, claimed: string): string {
  const head = Buffer.from(data.subarray(0, 16)).toString("latin1");
  const isSound = claimed.startsWith("audio/");
  if (head.slice(4, 8) === "ftyp")
    return mp4Brands.get(head.slice(8, 12)) ?? (isSound ? "audio/mp4" : "video/mp4");
  if (head.startsWith("OggS")) return isSound ? "audio/ogg" : "video/ogg";
  if (head.startsWith("\x1a\x45\xdf\xa3")) return isSound ? "audio/webm" : "video/webm";
  const found = signatures.find(([, offset, bytes]) => head.startsWith(bytes, offset));
  return found?.[0] ?? "application/octet-stream";
}
