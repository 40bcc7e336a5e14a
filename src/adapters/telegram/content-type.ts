type Magic = readonly [offset: number, bytes: string, type: string];

/** First bytes, as text of one byte for each character. What is not here is a stream of bytes. */
const magics: readonly Magic[] = [
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [8, "WAVE", "audio/wav"],
  [0, "OggS", "audio/ogg"],
  [0, "ID3", "audio/mpeg"],
  [0, "\xff\xfb", "audio/mpeg"],
  [0, "\xff\xf3", "audio/mpeg"],
  [0, "fLaC", "audio/flac"],
  [4, "ftypM4A", "audio/mp4"],
  [4, "ftypqt", "video/quicktime"],
  [4, "ftyp", "video/mp4"],
  [0, "\x1a\x45\xdf\xa3", "video/webm"],
  [0, "%PDF-", "application/pdf"],
];

const office = "application/vnd.openxmlformats-officedocument";

/** Containers and plain text say nothing of themselves, so that the name decides, within their own kind. */
const byName: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "PK\x03\x04": {
    docx: `${office}.wordprocessingml.document`,
    xlsx: `${office}.spreadsheetml.sheet`,
    pptx: `${office}.presentationml.presentation`,
    zip: "application/zip",
  },
  "\x1f\x8b": { tgs: "application/x-tgsticker", gz: "application/gzip" },
  "": { txt: "text/plain; charset=utf-8", csv: "text/csv; charset=utf-8" },
};

/**
 * What a file is, from its own bytes. Whatever a browser might run as a page (HTML, SVG, scripts) is
 * `application/octet-stream`, whatever the sender or the platform calls it.
 */
export function contentTypeOf(data: Uint8Array, name: string): string {
  const head = String.fromCharCode(...data.subarray(0, 16));
  const magic = magics.find(([offset, bytes]) => head.startsWith(bytes, offset));
  if (magic !== undefined) return magic[2];
  const extension = name.toLowerCase().split(".").at(-1) ?? "";
  const container = Object.keys(byName).find((bytes) => head.startsWith(bytes)) ?? "";
  return byName[container]?.[extension] ?? "application/octet-stream";
}

const types = new Set([
  ...magics.map(([, , type]) => type),
  ...Object.values(byName).flatMap((names) => Object.values(names).map((type) => type.split(";")[0]!)),
]);

/** A type that somebody claims, where it is one of ours. */
export const knownType = (claimed: string | undefined): string | undefined =>
  claimed !== undefined && types.has(claimed) ? claimed : undefined;
