/** How files begin; see the formats' own specifications. */
const kinds: readonly (readonly [string, number, readonly number[]])[] = [
  ["JPEG", 0, [0xff, 0xd8, 0xff]],
  ["PNG", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["GIF", 0, [0x47, 0x49, 0x46, 0x38]],
  ["WebP", 8, [0x57, 0x45, 0x42, 0x50]],
  ["MP4", 4, [0x66, 0x74, 0x79, 0x70]],
  ["gzip", 0, [0x1f, 0x8b]],
  ["PDF", 0, [0x25, 0x50, 0x44, 0x46]],
];

/** What bytes are, by how they begin. */
export const binaryKind = (data: Uint8Array): string =>
  kinds.find(([, at, bytes]) => bytes.every((byte, i) => data[at + i] === byte))?.[0] ?? "unknown";
