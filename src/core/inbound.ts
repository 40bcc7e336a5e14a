import { decode } from "../protocol/codec.ts";
import { asFault, Fault } from "../protocol/faults.ts";
import type { Message } from "../protocol/message.ts";
import { Bucket } from "./bucket.ts";
import type { Channel, Incoming } from "./channel.ts";
import { answerType, type LiveConnection } from "./connection.ts";
import type { Core } from "./core.ts";

/** Messages that may wait while a handler works on the one before. */
const maxWaiting = 1_000;
/** Messages over the rate that are answered with an error, before the connection is closed. */
const maxOverRate = 100;

/** The messages of one connection: limited in rate, checked, handled in order, one at a time. */
export class Inbound {
  readonly #core: Core;
  readonly #connection: LiveConnection;
  readonly #channel: Channel;
  /** Made when the first has to wait. */
  #waiting: (string | Uint8Array)[] | undefined;
  #waitingBytes = 0;
  #busy = false;
  #bucket: Bucket | undefined;
  #buckets: Map<string, Bucket> | undefined;
  #overRate = 0;

  constructor(core: Core, connection: LiveConnection, channel: Channel) {
    this.#core = core;
    this.#connection = connection;
    this.#channel = channel;
    const { messageRate, messageBurst } = core.options.limits;
    if (messageRate > 0) this.#bucket = new Bucket(messageRate, messageBurst, core.options.clock.monotonic());
  }

  receive(data: string | Uint8Array): void {
    if (this.#bucket !== undefined && !this.#bucket.take(this.#core.options.clock.monotonic()))
      return this.#tooMany(data);
    if (!this.#busy) return this.#handle(data);
    this.#waitingBytes += data.length;
    const isTooMuch = this.#waitingBytes > this.#maxWaitingBytes;
    this.#waiting ??= [];
    if (this.#waiting.push(data) > maxWaiting || isTooMuch)
      this.#connection.close(new Fault("too_many_messages"));
  }

  get #maxWaitingBytes(): number {
    return this.#core.options.limits.maxOutboxBytes + 2 * (this.#channel.maxBinaryBytes ?? 0);
  }

  /** What is over the rate is not read; an answer must be known all the same, since it is never answered. */
  #tooMany(data: string | Uint8Array): void {
    const fault = new Fault("too_many_messages");
    if (++this.#overRate > maxOverRate) this.#connection.close(fault);
    else this.#connection.fail(fault, looksLikeAck(data) ? answerType : "");
  }

  #handle(data: string | Uint8Array): void {
    if (typeof data !== "string" && this.#channel.binary !== undefined) this.#handleBinary(data);
    else this.#handleMessage(data);
  }

  #handleBinary(data: Uint8Array): void {
    try {
      const done = this.#channel.binary!(this.#connection, data);
      if (done instanceof Promise) this.#await(done, binaryMessage);
    } catch (error) {
      this.#connection.fail(asFault(error), binaryMessage.type);
    }
  }

  #handleMessage(data: string | Uint8Array): void {
    let message: Message | undefined;
    try {
      message = this.#read(data);
      const done = this.#dispatch(message);
      if (done instanceof Promise) this.#await(done, message);
    } catch (error) {
      this.#connection.fail(asFault(error), message?.type ?? "", message?.id);
    }
  }

  #await(done: Promise<void>, { type, id }: Message): void {
    this.#busy = true;
    const next = () => this.#next();
    done.then(next, (error) => {
      this.#connection.fail(asFault(error), type, id);
      next();
    });
  }

  #next(): void {
    this.#busy = false;
    while (!this.#busy && !this.#connection.isOver) {
      const data = this.#waiting?.shift();
      if (data === undefined) return;
      this.#waitingBytes -= data.length;
      this.#handle(data);
    }
  }

  #read(data: string | Uint8Array): Message {
    if (typeof data !== "string") throw new Fault("binary_refused");
    return decode(data, this.#core.options.limits.maxMessageDepth, this.#channel.untyped);
  }

  #dispatch(message: Message): void | Promise<void> {
    const { type } = message;
    if (type === "auth") return this.#connection.renew(message.token);
    // Who answers an error with an error starts a loop.
    if (type === "error") return;
    if (type === "resume") return this.#connection.resume(message.since);
    const declared = this.#channel.incoming[type];
    if (declared === undefined && this.#channel.ignoreUnknown) return;
    if (declared === undefined) throw unknownType(type, this.#channel);
    this.#core.options.events.emit("message.received", { channel: this.#channel.name, type });
    if (declared.rate !== undefined) this.#limit(type, declared.rate);
    const body = declared.body.safeParse(message);
    if (!body.success) throw doesNotFit(type, body.error.issues);
    return this.#channel.handle[type]!(this.#connection, body.data);
  }

  #limit(type: string, rate: NonNullable<Incoming["rate"]>): void {
    const now = this.#core.options.clock.monotonic();
    this.#buckets ??= new Map();
    const bucket = this.#buckets.get(type) ?? new Bucket(rate.perSecond, rate.burst, now);
    this.#buckets.set(type, bucket);
    if (!bucket.take(now)) throw new Fault("too_many_messages", `too many ${type} messages in a short time`);
  }
}

const looksLikeAck = (data: string | Uint8Array): boolean =>
  typeof data === "string" && /"type"\s*:\s*"ack"/.test(data);

/** How errors name a message that has no type. */
const binaryMessage: Message = { type: "binary" };

function unknownType(type: string, { incoming }: Channel): Fault {
  const known = Object.keys(incoming).join(", ");
  return new Fault(
    "bad_message",
    `unknown type "${type.slice(0, 40)}"; this channel takes ${known || "no messages"}`,
  );
}

function doesNotFit(type: string, issues: readonly { path: PropertyKey[]; message: string }[]): Fault {
  const first = issues.slice(0, 3).map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  return new Fault("bad_message", `${type} does not fit: ${first.join("; ")}`);
}
