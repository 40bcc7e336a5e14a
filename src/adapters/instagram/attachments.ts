import type { Media } from "../../features/inbox/platform.ts";
import { type Json, listOf, objectOf, textOf } from "./json.ts";

/** One attachment: what stands for it in text, and what can be fetched of it. */
export interface Piece {
  readonly text: string;
  readonly media: Media;
}

const kinds = new Map<string, readonly [kind: Media["kind"], label: string]>([
  ["image", ["image", "[Image]"]],
  ["audio", ["voice", "[Voice Message]"]],
  ["video", ["video", "[Video]"]],
  ["file", ["document", "[Document]"]],
  ["share", ["share", "[Shared post]"]],
  ["ig_post", ["share", "[Shared post]"]],
  ["ig_story", ["share", "[Shared story]"]],
  ["story_mention", ["share", "[Story mention]"]],
  ["ig_reel", ["share", "[Reel]"]],
  ["reel", ["share", "[Reel]"]],
  ["like_heart", ["sticker", "[Heart]"]],
  ["sticker", ["sticker", "[Sticker]"]],
]);

/** Meta lets customers send ten at once; should it be more one day, an unsend could not name the others. */
export const maxPieces = 10;

export function piecesOf(message: Json): Piece[] {
  const pieces = listOf(message.attachments)
    .slice(0, maxPieces)
    .map((each) => pieceOf(objectOf(each)));
  const story = objectOf(objectOf(message.reply_to)?.story);
  if (pieces.length > 0 || story === undefined) return pieces;
  return [{ text: "", media: { kind: "share", reference: textOf(story.url) } }];
}

function pieceOf(attachment: Json | undefined): Piece {
  const [kind, label] = kinds.get(textOf(attachment?.type) ?? "") ?? ["share", "[Attachment]"];
  const payload = objectOf(attachment?.payload);
  const reference = textOf(payload?.url);
  const words = kind === "share" ? [textOf(payload?.title), pageOf(reference)] : [];
  return {
    text: [label, ...words.filter((each) => each !== undefined)].join(" "),
    media: { kind, reference },
  };
}

/** A page of Instagram that an agent can open, unlike a file on the CDN. */
const pageOf = (reference: string | undefined): string | undefined =>
  reference?.startsWith("https://www.instagram.com/") ? reference : undefined;
