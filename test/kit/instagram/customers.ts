import type { Clock } from "../../../src/core/clock.ts";
import { type MetaRefusal, refusal } from "./refusals.ts";

export interface FakeProfile {
  readonly name?: string | null;
  readonly username?: string;
  readonly profile_pic?: string;
}

interface Customer {
  profile: FakeProfile | undefined;
  lastWrote: number | undefined;
  blocks: boolean;
  typing: number;
  readonly received: { mid: string; text: string; tag: string | undefined }[];
}

const hour = 3_600_000;

/** The people who write to the account, and what each of them has on the screen. */
export class Customers {
  readonly #all = new Map<string, Customer>();
  readonly #clock: Clock;
  /** Whether Meta has approved the app for HUMAN_AGENT. */
  humanAgent = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(igsid: string): Customer {
    const known = this.#all.get(igsid);
    if (known !== undefined) return known;
    const customer = { profile: undefined, lastWrote: undefined, blocks: false, typing: 0, received: [] };
    this.#all.set(igsid, customer);
    return customer;
  }

  has(igsid: string): boolean {
    return this.#all.has(igsid);
  }

  wrote(igsid: string): void {
    this.get(igsid).lastWrote = this.#clock.now();
  }

  /** Takes a text or a typing sign as strictly as Meta does; `undefined`: taken. */
  take(body: unknown, mid: string): MetaRefusal | undefined {
    const parsed = parse(body);
    if ("code" in parsed) return parsed;
    const customer = this.#all.get(parsed.to);
    if (customer === undefined) return refusal(400, 100, "The requested user cannot be found.", 2534014);
    if (customer.blocks) return refusal(400, 551, "This person isn't available right now.", 1545041);
    const closed = this.#window(customer, parsed.tag);
    if (closed !== undefined) return closed;
    if (parsed.text === undefined) customer.typing++;
    else customer.received.push({ mid, text: parsed.text, tag: parsed.tag });
    return undefined;
  }

  #window({ lastWrote }: Customer, tag: string | undefined): MetaRefusal | undefined {
    if (tag === "HUMAN_AGENT" && !this.humanAgent)
      return refusal(400, 10, "Application does not have permission for HUMAN_AGENT.");
    const limit = tag === "HUMAN_AGENT" ? 7 * 24 * hour : 24 * hour;
    if (lastWrote !== undefined && this.#clock.now() - lastWrote <= limit) return undefined;
    return refusal(403, 10, "This message is sent outside of allowed window.", 2534022);
  }
}

interface Parsed {
  readonly to: string;
  readonly text: string | undefined;
  readonly tag: string | undefined;
}

const fields = new Set(["recipient", "message", "messaging_type", "tag", "sender_action"]);

function parse(body: unknown): Parsed | MetaRefusal {
  // Only read here: whatever is missing is refused below.
  const { recipient, message, messaging_type, tag, sender_action } = (body ?? {}) as Record<string, never>;
  const stranger = Object.keys(body ?? {}).find((key) => !fields.has(key));
  if (stranger !== undefined) return refusal(400, 100, `Invalid parameter: ${stranger}`);
  const to: unknown = (recipient as { id?: unknown } | undefined)?.id;
  if (typeof to !== "string") return refusal(400, 100, "Param recipient[id] must be a string");
  if (sender_action !== undefined)
    return sender_action === "typing_on"
      ? { to, text: undefined, tag: undefined }
      : refusal(400, 100, "unknown sender_action");
  const text: unknown = (message as { text?: unknown } | undefined)?.text;
  if (typeof text !== "string" || text.trim() === "")
    return refusal(400, 100, "Param message[text] must not be empty");
  if (Buffer.byteLength(text) > 1000)
    return refusal(400, 100, "Length of param message[text] must be less than or equal to 1000");
  const tagged = messaging_type === "MESSAGE_TAG" && tag === "HUMAN_AGENT";
  const plain = (messaging_type === undefined || messaging_type === "RESPONSE") && tag === undefined;
  if (!tagged && !plain) return refusal(400, 100, "Param messaging_type and tag do not fit");
  return { to, text, tag };
}
