import { errorIn } from "../error-frame.ts";
import { because, known, type Outcome, ok, skipped } from "../outcome.ts";
import { pathOnly, testPath } from "../target.ts";
import type { Walk } from "../walk.ts";
import type { Session } from "../wire/session.ts";

/** What became of one message. `alive`: no answer, but the socket still stands. */
export interface Sent {
  readonly size: number;
  readonly became: "echoed" | "alive" | "refused" | "closed" | "cut";
  readonly code?: number;
  readonly reason?: string;
}

/** Bytes; a Peyk takes 64 KB unless told otherwise (MAX_MESSAGE_BYTES). */
const usualSizes = [1024, 16 * 1024, 64 * 1024];
/** Bytes of the message that shows whether the server stands messages that it does not know at all. */
const smallSize = 100;
/** Milliseconds for an answer, over a line of 2 KB a second at worst: slowness is no limit of size. */
const patienceFor = (size: number): number => Math.min(2_000 + size / 2, 30_000);
/** Milliseconds that an echo comes after the pong at most, where the line is quick. */
const echoPatience = 300;

export async function payloadStage(walk: Walk): Promise<Outcome> {
  const sizes = sizesFor(walk);
  if (sizes.length === 0) return skipped("payload_not_asked");
  const sent: Sent[] = [];
  for (const size of [Math.min(smallSize, sizes[0]!), ...sizes]) {
    sent.push(await send(walk, size));
    if (!survived(sent.at(-1)!)) break;
  }
  return judgePayload(sent, walk.options.payload !== undefined);
}

function sizesFor({ options, isPeyk, target }: Walk): readonly number[] {
  if (options.payload !== undefined) return [options.payload];
  return isPeyk && pathOnly(target) === testPath ? usualSizes : [];
}

const survived = ({ became }: Sent): boolean => became === "echoed" || became === "alive";

async function send({ session, clock, pace }: Walk, size: number): Promise<Sent> {
  session!.text(messageOf(size));
  const deadline = clock.monotonic() + pace.patience(patienceFor(size));
  // Whoever answers neither message nor ping has lost the message, and more.
  const ping = crypto.getRandomValues(new Uint8Array(8));
  session!.ping(ping);
  const left = () => deadline - clock.monotonic();
  return await outcomeOf(session!, size, ping, left, pace.patience(echoPatience));
}

/** One JSON object of exactly so many bytes: every server of this field can at least parse it. */
function messageOf(size: number): string {
  const frame = JSON.stringify({ type: "echo", data: "" });
  return frame.replace('""', `"${"x".repeat(Math.max(0, size - frame.length))}"`);
}

async function outcomeOf(
  session: Session,
  size: number,
  ping: Uint8Array,
  left: () => number,
  echo: number,
): Promise<Sent> {
  let isAlive = false;
  for (;;) {
    // Once the pong is there, an echo that will come is not far.
    const event = await session.next(isAlive ? Math.min(left(), echo) : left());
    if (event.kind === "message" && isTooBig(event.text))
      return { size, became: "refused", reason: errorIn(event.text!)!.message };
    if (event.kind === "message" && event.bytes >= size) return { size, became: "echoed" };
    if (event.kind === "pong" && Buffer.compare(event.data, ping) === 0) isAlive = true;
    if (event.kind === "close") return { size, became: "closed", code: event.code, reason: event.reason };
    if (event.kind === "ended" || event.kind === "broken") return { size, became: "cut" };
    if (event.kind === "nothing") return { size, became: isAlive ? "alive" : "cut" };
  }
}

function isTooBig(text: string | undefined): boolean {
  const error = text === undefined ? undefined : errorIn(text);
  return error !== undefined && /too[ _](big|large|long)/i.test(`${error.fault} ${error.message}`);
}

/** RFC 6455 7.4.1: "a message that is too big for it to process". */
const tooBig = 1009;

/** `asked`: somebody wants to send so much. Unasked, a limit that the server tells is no fault. */
export function judgePayload(sent: readonly Sent[], asked: boolean): Outcome {
  const last = sent.at(-1)!;
  const good = sent.filter(survived).map(({ size }) => size);
  const facts = known({
    size: last.size,
    fits: good.at(-1),
    code: last.code,
    reason: last.reason === "" ? undefined : last.reason,
  });
  if (survived(last)) return allWell(sent);
  if (last.became === "refused" || last.code === tooBig)
    return asked || good.length < 2
      ? because("message_too_big", facts)
      : ok("payload_limited", { ...facts, fits: good.at(-1)! });
  // The small one was enough: it is not the size that the server dislikes.
  if (good.length === 0)
    return skipped("payload_not_understood", known({ ...facts, code: last.code ?? 1006 }));
  return because(last.became === "cut" ? "cut_by_size" : "message_too_big", facts);
}

function allWell(sent: readonly Sent[]): Outcome {
  const asked = sent.slice(1);
  const isBack = asked.every(({ became }) => became === "echoed");
  return ok(isBack ? "payload_ok" : "payload_no_echo", { sizes: asked.map(({ size }) => inKilobytes(size)) });
}

const inKilobytes = (size: number): string => (size < 1024 ? `${size} B` : `${Math.round(size / 1024)} KB`);
