import type { TappedFrame } from "../../core/tap.ts";
import { binaryKind } from "./binary-kind.ts";
import { type Content, hideSecrets, lengthOf, maxShown, redactJson } from "./redact.ts";

/** A frame as a tap shows it. */
export interface FrameView {
  readonly direction: "in" | "out";
  readonly kind: "text" | "binary" | "ping" | "pong" | "close";
  readonly bytes: number;
  /** `type` of a JSON message. */
  readonly message_type: string | null;
  /** Redacted; `null` where nothing of it may be shown, or it is too long to be taken apart. */
  readonly shown: string | null;
  /** `shown` is the beginning only. */
  readonly cut: boolean;
}

export const bytesOf = ({ data }: TappedFrame): number =>
  typeof data === "string" ? Buffer.byteLength(data) : data.length;

export function viewFrame(frame: TappedFrame, content: Content): FrameView {
  const { direction, kind, data } = frame;
  const bytes = bytesOf(frame);
  const common = { direction, bytes, message_type: null, cut: false };
  if (typeof data !== "string") return { ...common, kind: "binary", shown: binaryKind(data) };
  if (kind === "close") return { ...common, kind, shown: closeView(frame, data, content) };
  if (kind !== "message") return { ...common, kind, shown: null };
  return { ...common, kind: "text", ...textView(data, content) };
}

/** The reason is ours, or a stranger's. */
function closeView({ direction }: TappedFrame, text: string, content: Content): string {
  const [code = "", ...words] = text.split(" ");
  const reason = words.join(" ");
  if (reason === "") return code;
  return `${code} ${direction === "in" && content === "shape" ? lengthOf(reason) : hideSecrets(reason)}`;
}

function textView(text: string, content: Content): Pick<FrameView, "message_type" | "shown" | "cut"> {
  const message_type = typeOf(text);
  const redacted =
    redactJson(text, content) ?? (content === "full" ? hideSecrets(text.slice(0, maxShown * 2)) : null);
  if (redacted === null) return { message_type, shown: null, cut: false };
  return { message_type, shown: redacted.slice(0, maxShown), cut: redacted.length > maxShown };
}

/** Also of messages that are too long to be parsed: ours, and most clients', begin with it. */
function typeOf(text: string): string | null {
  const [, type] =
    /^\s*\{\s*"type"\s*:\s*"([\w.:-]{1,64})"/.exec(text) ??
    /"type"\s*:\s*"([\w.:-]{1,64})"/.exec(text.slice(0, 4_000)) ??
    [];
  return type === undefined ? null : hideSecrets(type);
}
