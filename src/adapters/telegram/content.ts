import type { Message } from "grammy/types";
import type { Media } from "../../features/inbox/platform.ts";
import { knownType } from "./content-type.ts";

/** What an agent sees of a message: its text or a placeholder, and what hangs on it. */
export interface Content {
  readonly text: string;
  readonly media?: Media;
}

/** What all files of Telegram have in common. */
interface File {
  readonly file_id: string;
  readonly file_size?: number;
  readonly file_name?: string;
  readonly mime_type?: string;
}

type Read = (message: Message) => Content | undefined;

/** `[Image]`, `[Image: caption]`. */
const placeholder = (name: string, about: string | undefined): string =>
  about === undefined || about === "" ? `[${name}]` : `[${name}: ${about}]`;

/** A file's placeholder tells its caption, else what else is known of it. */
const file = (name: string, kind: Media["kind"], of: File | undefined, about?: string) =>
  of && {
    text: placeholder(name, about),
    media: {
      kind,
      reference: of.file_id,
      name: of.file_name,
      bytes: of.file_size,
      contentType: knownType(of.mime_type),
    },
  };

const place = (
  { latitude, longitude }: { latitude: number; longitude: number },
  about?: string,
): Content => ({
  text: `[Location: ${latitude}, ${longitude}${about === undefined ? "" : ` (${about})`}]`,
  media: { kind: "location" },
});

const remark = (name: string, about: string | undefined): Content => ({ text: placeholder(name, about) });

/** The first that finds something wins: an animation comes with a document, a venue with a location. */
const readers: readonly Read[] = [
  ({ text }) => (text === undefined ? undefined : { text }),
  // Sizes come smallest first.
  ({ photo, caption }) =>
    file("Image", "image", photo?.at(-1) && { ...photo.at(-1)!, mime_type: "image/jpeg" }, caption),
  ({ voice, caption }) => file("Voice Message", "voice", voice, caption),
  ({ audio, caption }) => file("Audio", "audio", audio, caption || audio?.title || audio?.file_name),
  ({ animation, caption }) => file("Animation", "video", animation, caption),
  ({ video, caption }) => file("Video", "video", video, caption),
  ({ video_note }) => file("Video Message", "video", video_note),
  ({ document, caption }) => file("Document", "document", document, caption || document?.file_name),
  ({ sticker }) => file("Sticker", "sticker", sticker, sticker?.emoji),
  ({ venue }) => venue && place(venue.location, `${venue.title}, ${venue.address}`),
  ({ location }) => location && place(location),
  ({ contact }) =>
    contact &&
    remark(
      "Contact",
      [contact.first_name, contact.last_name].filter(Boolean).join(" ").concat(`, ${contact.phone_number}`),
    ),
  ({ poll }) => poll && remark("Poll", poll.question),
  ({ dice }) => dice && remark("Dice", `${dice.emoji} ${dice.value}`),
  ({ story }) => story && remark("Story", undefined),
  ({ game }) => game && remark("Game", game.title),
  ({ paid_media, caption }) => paid_media && remark("Paid Media", caption),
];

/** `undefined`: nothing that a customer said, such as a pinned message or a change of settings. */
export function contentOf(message: Message): Content | undefined {
  for (const read of readers) {
    const content = read(message);
    if (content !== undefined) return content;
  }
  return undefined;
}
