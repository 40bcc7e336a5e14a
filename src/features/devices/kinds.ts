import { cut } from "./words.ts";

/** Boards that speak here: a Raspberry Pi Pico W, an ESP32-CAM (seeds 000 and 001). */
export const kinds = ["pico", "esp32cam"] as const;
export type Kind = (typeof kinds)[number];

export const kindNames: Readonly<Record<Kind, string>> = { pico: "Pico", esp32cam: "ESP32-CAM" };

/** Longest id; ids stand in paths and file names. */
export const maxIdLength = 80;

/**
 * Id of a board that has no token of its own, from what it calls itself: `("pico", "pico_external")` →
 * `pico-pico_external`. Without a name, or named like its kind, it is simply `pico`.
 */
export function idOf(kind: Kind, name = kind as string): string {
  const plain = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N}\u200c_.-]+/gu, "-")
    .replace(/^[-.\u200c]+|[-.\u200c]+$/g, "");
  return plain === "" || plain === kind ? kind : cut(`${kind}-${plain}`, maxIdLength);
}

/**
 * Whether a person may choose this id: letters and digits of any script, `.`, `_` and `-`. Letters have marks in many
 * scripts, and Persian words a zero-width non-joiner within. NFC, so that what looks the same is the same.
 */
export const isId = (id: string): boolean =>
  /^[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c_.-]*$/u.test(id) &&
  id.length <= maxIdLength &&
  id === id.normalize("NFC");
