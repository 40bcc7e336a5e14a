import { decode, encode } from "../protocol/codec.ts";
import { asFault, closeReason, Fault, type FaultName } from "../protocol/faults.ts";
import type { Check } from "../protocol/refusal.ts";
import { catchUp } from "./catch-up.ts";
import type { Channel, Connection, Ending } from "./channel.ts";
import type { Core } from "./core.ts";
import { clientKind, identify, requireOrigin, requireRole } from "./enter.ts";
import type { ConnectionFacts } from "./events.ts";
import type { Beating } from "./heartbeat.ts";
import { encodeChecked, type Follower } from "./hub.ts";
import { randomId } from "./id.ts";
import { anonymous, credentialOf, type Identity } from "./identity.ts";
import { Inbound } from "./inbound.ts";
import { type Frame, Outbox, toFrame } from "./outbox.ts";
import { Pulse } from "./pulse.ts";
import { newReceipt } from "./receipt.ts";
import { type Tap, TappedSocket } from "./tap.ts";
import type { Peer, Socket, SocketHandler, Upgrade } from "./transport.ts";

/** Milliseconds that the peer has to answer our close frame. */
const closeTimeout = 5_000;
/** A slow reader gets longer: our close frame stands behind what it has not read yet. */
const slowCloseTimeout = 30_000;
const noTopics: readonly string[] = [];
/** A message of this type answers one of ours: whoever answers answers starts a loop. */
export const answerType = "ack";

/**
 * One socket from upgrade to close: authenticating → opening → open → closing → closed. It refuses after the handshake, never
 * before: a browser can read close code 4001, but no HTTP 401.
 */
export class LiveConnection implements Connection, SocketHandler, Follower, Beating {
  readonly id = `c_${randomId(10)}`;
  readonly openedAt: number;
  readonly peer: Peer;
  path: string;
  readonly userAgent: string;
  readonly client: string;
  params: Readonly<Record<string, string>> = {};
  channel: Channel | undefined;
  identity: Identity = anonymous;
  ending: Ending | undefined;
  /** Milliseconds since 1970; the pulse has the same on a clock that nobody sets. */
  lastSeen: number;
  due = Number.POSITIVE_INFINITY;
  receivedCount = 0;
  receivedBytes = 0;
  readonly #core: Core;
  /** `opening`: the identity is known, the channel opens, the past is brought. */
  #state: "authenticating" | "opening" | "open" | "closing" | "closed" = "authenticating";
  /** The check on the way in that is being made, for the receipt of a refusal. */
  #check: Check = "limit";
  /** Needed until the connection is open; dropped then, headers are large. */
  #upgrade: Upgrade | undefined;
  #tokenFrom: ConnectionFacts["token"];
  #socket!: Socket;
  #tapped: TappedSocket | undefined;
  #outbox!: Outbox;
  #pulse!: Pulse;
  /** Made with the first message: most of 10,000 idle connections never need one. */
  #inbound: Inbound | undefined;
  /** Messages that came before the connection was open. */
  #early: (string | Uint8Array)[] | undefined;
  #earlyBytes = 0;
  #awaitsAuth = false;
  /** Shared between those that follow the same, as thousands follow none: it is replaced, never changed. */
  #topics = noTopics;
  /** The channel's `open` has run, so its `close` must. */
  #entered = false;
  /** Live frames wait here until the connection knows the past. */
  #held: Frame[] | undefined;
  #heldBytes = 0;
  /** Durable frames up to here are known from a snapshot or a catch-up. */
  #skip = 0;
  /** Place in the journal from which on live frames come. */
  #base = 0;
  /** Place up to which the client knows everything: its own, until it has caught up. */
  #known = 0;
  #resumed = false;
  #fault: FaultName | undefined;
  /** The node counts it. */
  #isCounted = false;
  #onWritable: (() => void) | undefined;

  constructor(core: Core, upgrade: Upgrade) {
    this.#core = core;
    this.#upgrade = upgrade;
    this.peer = upgrade.peer;
    this.path = upgrade.path.slice(0, 200);
    this.userAgent = (upgrade.headers.get("user-agent") ?? "").slice(0, 200);
    this.client = clientKind(upgrade.headers);
    this.#tokenFrom = credentialOf(upgrade.headers, upgrade.query)?.from ?? "none";
    this.openedAt = this.#core.options.clock.now();
    this.lastSeen = this.openedAt;
  }

  /** On the clock of pulse and wheel. */
  #time(): number {
    return this.#core.options.clock.monotonic();
  }

  get isOver(): boolean {
    return this.#state === "closing" || this.#state === "closed";
  }

  // --- entering ---

  opened(socket: Socket): void {
    const { clock, events, limits, pingInterval } = this.#core.options;
    const now = clock.monotonic();
    this.#socket = socket;
    this.#outbox = new Outbox(socket, this.#core.turn, limits.maxOutboxBytes);
    this.#pulse = new Pulse(socket, now, pingInterval);
    const { who: _, ...facts } = this.#facts();
    events.emit("connection.attempted", facts);
    this.#core.wheel.schedule(this, now + limits.authTimeout);
    void this.#enter(this.#upgrade!);
  }

  async #enter(upgrade: Upgrade): Promise<void> {
    try {
      this.#core.admission.enter(this.peer);
      this.#isCounted = true;
      this.#check = "route";
      const route = this.#core.router.match(upgrade.path, upgrade.host);
      if (route === undefined) throw new Fault("not_found");
      this.channel = route.channel;
      this.params = route.params;
      // The same text as thousands of others have.
      if (this.path === route.channel.path) this.path = route.channel.path;
      this.#check = "origin";
      const { origins } = route.channel;
      const { allowedOrigins } = this.#core.options;
      requireOrigin(origins === undefined ? allowedOrigins : await origins(route.params), upgrade);
      this.#check = "token";
      const identity = await identify(this.#core, route.channel, upgrade);
      if (identity !== undefined) await this.#admit(identity);
      else this.#awaitAuth();
    } catch (error) {
      this.refuse(error);
    }
  }

  #awaitAuth(): void {
    this.#awaitsAuth = true;
    this.#check = "first_message";
    const first = this.#early?.shift();
    if (first !== undefined) void this.#firstMessage(first);
  }

  async #firstMessage(data: string | Uint8Array): Promise<void> {
    this.#awaitsAuth = false;
    try {
      const token = readAuth(data, this.#core.options.limits.maxMessageDepth);
      this.#tokenFrom = "message";
      this.#check = "token";
      const identity = await identify(this.#core, this.channel!, this.#upgrade!, { token, from: "message" });
      await this.#admit(identity!);
    } catch (error) {
      this.refuse(error);
    }
  }

  async #admit(identity: Identity): Promise<void> {
    if (this.#state !== "authenticating") return;
    // Known before it is judged: the receipt says whose role was the wrong one.
    this.identity = identity;
    this.#check = "role";
    requireRole(this.channel!, identity);
    this.#check = "limit";
    this.#core.connections.add(this);
    this.#check = "access";
    this.#state = "opening";
    this.#reschedule();
    this.#held = [];
    this.#base = this.#core.journal.head;
    const { journal } = this.#core;
    const since = journal.place(this.#upgrade!.query.get("since") ?? "") ?? this.#base;
    this.#known = Math.min(since, this.#base);
    await this.#openChannel();
    await this.#catchUp();
    if (!this.isOver) this.#open();
  }

  /** The channel's `close` follows its `open`, also where that failed half-way, or the client left meanwhile. */
  async #openChannel(): Promise<void> {
    try {
      await this.channel!.open?.(this);
    } finally {
      this.#entered = true;
      if (this.#state === "closed") this.#leaveChannel();
    }
  }

  async #catchUp(): Promise<void> {
    if (this.isOver) return;
    const since = this.#upgrade!.query.get("since") ?? undefined;
    this.#resumed = since !== undefined;
    this.#check = "catch_up";
    await catchUp(this.#core, this, since, this.#base);
  }

  #open(): void {
    const { events } = this.#core.options;
    const jsonPing = this.channel!.jsonPing?.(this);
    this.#state = "open";
    this.#check = "access";
    this.#upgrade = undefined;
    if (jsonPing !== undefined) this.#pulse.pingInJson(this.#time(), jsonPing);
    if (this.channel!.idleTimeout !== undefined)
      this.#pulse.limitIdle(this.#time(), this.channel!.idleTimeout);
    this.#reschedule();
    this.#showPresence();
    const reason = this.identity.reason?.message;
    events.emit("connection.opened", { ...this.#facts(), ...(reason === undefined ? {} : { reason }) });
    this.#release();
    void this.#ready();
    const early = this.#early;
    this.#early = undefined;
    for (const data of early ?? []) this.received(data);
  }

  async #ready(): Promise<void> {
    try {
      await this.channel!.ready?.(this);
    } catch (error) {
      this.refuse(error);
    }
  }

  #showPresence(): void {
    const here = this.channel!.presence?.(this);
    if (here === undefined) return;
    const member = { connection: this.id, identity: this.identity.id, info: here.info };
    void this.#core.options.presence.put(here.topic, member);
  }

  /** Ends a connection that may not enter: error frame, readable close, and a receipt that the log knows too. */
  refuse(error: unknown): void {
    if (this.isOver) return;
    const fault = asFault(error);
    const receipt = newReceipt();
    const { events } = this.#core.options;
    if (fault.fault === "internal")
      events.emit("failure", { where: "connection.enter", incident: receipt, error });
    const ms = this.#core.options.clock.now() - this.openedAt;
    events.emit("connection.refused", {
      ...this.#facts(),
      host: this.#upgrade?.host ?? "",
      check: this.#check,
      fault: fault.fault,
      code: this.#closeCode(fault),
      detail: fault.message,
      receipt,
      expected: fault.expected ?? {},
      ms,
    });
    this.#sendError(fault, { receipt, check: this.#check });
    this.close(fault, receipt);
  }

  // --- what channels use ---

  get cursor(): string {
    return this.#core.journal.cursor(this.#known);
  }

  get topics(): readonly string[] {
    return this.#topics;
  }

  send(type: string, body: object): void {
    const { outgoing } = this.channel!;
    const { delivery, slot } = outgoing[type] ?? {};
    const key = delivery === "latest" ? `${type} ${slot?.(body as never) ?? ""}` : undefined;
    this.sendFrame(toFrame(encodeChecked(outgoing, type, body), key));
  }

  sendJson(body: Readonly<Record<string, unknown>>): void {
    this.sendFrame(toFrame(JSON.stringify(body)));
  }

  get idle(): boolean {
    return this.#outbox.idle;
  }

  option(name: string): string | undefined {
    return this.#upgrade?.query.get(name) ?? undefined;
  }

  sendText(frame: string): void {
    this.sendFrame(toFrame(frame));
  }

  sendBytes(data: Uint8Array, slot: string): void {
    this.sendFrame(toFrame(data, slot));
  }

  follow(topic: string): void {
    if (this.isOver || this.#topics.includes(topic)) return;
    this.#topics = [...this.#topics, topic];
    this.#core.hub.join(topic, this);
  }

  unfollow(topic: string): void {
    this.#topics = this.#topics.filter((each) => each !== topic);
    this.#core.hub.leave(topic, this);
  }

  probe(ms: number): void {
    if (this.#state !== "open") return;
    this.#pulse.probe(this.#time(), ms);
    this.#reschedule();
  }

  close(fault: Fault, receipt?: string): void {
    if (this.isOver) return;
    this.#state = "closing";
    this.#fault = fault.fault;
    this.#outbox.clear();
    this.#held = undefined;
    this.#leaveTopics();
    this.#wakeWriter();
    const timeout = fault.fault === "slow_reader" ? slowCloseTimeout : closeTimeout;
    this.#core.wheel.schedule(this, this.#time() + timeout);
    this.#socket.close(this.#closeCode(fault), closeReason(fault, receipt));
  }

  #closeCode(fault: Fault): number {
    return this.channel?.closeCodes?.[fault.fault] ?? fault.row.close;
  }

  // --- outgoing frames ---

  deliver(frame: Frame): void {
    if (frame.seq !== undefined && frame.seq <= this.#skip) return;
    if (frame.except !== undefined && frame.except === this.identity.id) return;
    if (this.#held !== undefined) return this.#hold(frame);
    if (this.#state === "open" && !this.#outbox.push(frame)) this.close(new Fault("slow_reader"));
  }

  /** To this connection alone, past what is held back. */
  sendFrame(frame: Frame): void {
    if (!this.isOver && !this.#outbox.send(frame)) this.close(new Fault("slow_reader"));
  }

  /** The client knows everything up to this place, from a snapshot or a catch-up: durable frames from before are skipped. */
  skipUpTo(seq: number): void {
    this.#skip = Math.max(this.#skip, seq);
    this.#known = Math.max(this.#known, seq);
  }

  /** Resolves when the reader has taken what was sent, or is gone. */
  writable(): Promise<void> {
    // What only waits for the end of this turn would never tell of its going.
    this.#outbox.flush();
    if (this.#outbox.idle || this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onWritable = resolve;
    });
  }

  drained(): void {
    this.#outbox.drained();
    if (this.#outbox.idle) this.#wakeWriter();
  }

  #wakeWriter(): void {
    this.#onWritable?.();
    this.#onWritable = undefined;
  }

  #hold(frame: Frame): void {
    this.#held!.push(frame);
    this.#heldBytes += frame.bytes;
    if (this.#heldBytes > this.#core.options.limits.maxOutboxBytes) this.close(new Fault("slow_reader"));
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    for (const frame of held) this.deliver(frame);
  }

  // --- incoming messages ---

  received(data: string | Uint8Array): void {
    if (this.isOver) return;
    this.lastSeen = this.#core.options.clock.now();
    this.#pulse.heard(this.#time());
    this.receivedBytes += typeof data === "string" ? Buffer.byteLength(data) : data.length;
    this.#tapped?.tell("in", "message", data);
    if (this.#isTooBig(data)) return this.#tooBig();
    if (this.#state !== "open") return this.#receiveEarly(data);
    this.receivedCount++;
    this.#inbound ??= new Inbound(this.#core, this, this.channel!);
    this.#inbound.receive(data);
  }

  /** The transport's own limit is that of the channel with the biggest messages. */
  #isTooBig(data: string | Uint8Array): boolean {
    const { maxMessageBytes } = this.#core.options.limits;
    if (typeof data !== "string") return data.length > (this.channel?.maxBinaryBytes ?? maxMessageBytes);
    const maxTextBytes = Math.max(maxMessageBytes, this.channel?.maxTextBytes ?? 0);
    // UTF-8 takes at most three bytes for one unit of UTF-16.
    return data.length * 3 > maxTextBytes && Buffer.byteLength(data) > maxTextBytes;
  }

  #tooBig(): void {
    const fault = new Fault("message_too_big");
    if (this.#state === "open") return this.close(fault);
    this.#check = "limit";
    this.refuse(fault);
  }

  #receiveEarly(data: string | Uint8Array): void {
    // 64: an empty message costs memory too.
    this.#earlyBytes += data.length + 64;
    const limit = this.#maxEarlyBytes();
    if (this.#earlyBytes > limit) this.#refuseEarly(limit);
    else if (this.#awaitsAuth) void this.#firstMessage(data);
    else {
      this.#early ??= [];
      this.#early.push(data);
    }
  }

  #refuseEarly(value: number): void {
    const { maxBytesBeforeAuth } = this.#core.options.limits;
    const expected = value === maxBytesBeforeAuth ? { setting: "MAX_BYTES_BEFORE_AUTH", value } : { value };
    this.#check = "limit";
    const detail = `more than ${value} bytes before the connection was open`;
    this.refuse(new Fault("message_too_big", detail, { expected }));
  }

  /**
   * Who brought a token, or needs none, may speak at once; who still owes one may say little else. A camera that was
   * let in sends its first pictures while a slow disk notes that it came.
   */
  #maxEarlyBytes(): number {
    const { maxBytesBeforeAuth, maxOutboxBytes } = this.#core.options.limits;
    if (this.#state === "opening") return Math.max(maxOutboxBytes, 2 * (this.channel?.maxBinaryBytes ?? 0));
    const owesToken = this.#tokenFrom === "none" && this.channel?.auth.includes("anonymous") !== true;
    return owesToken ? maxBytesBeforeAuth : maxOutboxBytes;
  }

  /** Tells the client what went wrong with one message, unless that was an answer; the connection lives. */
  fail(fault: Fault, type: string, id?: unknown): void {
    const { events } = this.#core.options;
    const channel = this.channel!.name;
    events.emit("message.refused", {
      conn: this.id,
      channel,
      type,
      fault: fault.fault,
      detail: fault.message,
    });
    const extra: Record<string, unknown> = type === "" ? {} : { in_reply_to: type };
    if (typeof id === "string" || typeof id === "number") extra.id = id;
    if (fault.fault === "internal") {
      extra.incident = `i_${randomId(6)}`;
      events.emit("failure", {
        where: `${channel}.${type}`,
        incident: String(extra.incident),
        error: fault.cause ?? fault,
      });
    }
    if (type !== answerType) return this.#sendError(fault, extra);
    if (fault.fault === "unavailable")
      events.emit("failure", { where: `${channel}.${type}`, incident: this.id, error: fault });
  }

  #sendError(fault: Fault, extra: Record<string, unknown>): void {
    const own = this.channel?.errorFields?.(fault);
    this.sendFrame(
      toFrame(errorFrame(fault, own === undefined ? extra : { ...extra, fault: fault.fault, ...own })),
    );
  }

  /** A message `auth` on an open connection: a newer token of the same identity prolongs it. */
  async renew(token: unknown): Promise<void> {
    if (typeof token !== "string") throw new Fault("bad_message", "auth needs a `token`");
    const upgrade: Upgrade = {
      path: this.path,
      query: new URLSearchParams(),
      headers: new Headers(),
      host: "",
      peer: this.peer,
    };
    const identity = await identify(this.#core, this.channel!, upgrade, { token, from: "message" });
    if (identity?.reason !== undefined) throw identity.reason;
    if (identity === undefined || (identity.id !== this.identity.id && this.identity.shared !== true))
      throw new Fault("bad_token", "this token is of somebody else; open a new connection with it");
    requireRole(this.channel!, identity);
    if (this.isOver) return;
    const isNews = this.identity.shared !== true || identity.shared !== true;
    this.#become(identity);
    // Who was one of many and still is learns nothing; firmware would only answer that it does not know the word.
    if (this.isOver || !isNews) return;
    const expires_at = identity.expiresAt === undefined ? null : new Date(identity.expiresAt).toISOString();
    this.sendFrame(toFrame(encode("authenticated", { expires_at })));
  }

  /** What was let in as one of many may say later who it is: connections are found by identity. */
  #become(identity: Identity): void {
    this.#core.connections.remove(this);
    this.identity = identity;
    try {
      this.#core.connections.add(this);
      this.#reschedule();
    } catch (error) {
      this.close(asFault(error));
    }
  }

  /** The identity ends then, as its token does: the connection is closed with `token_expired`. */
  endBy(time: number): void {
    if (this.isOver) return;
    this.identity = { ...this.identity, expiresAt: time };
    this.#reschedule();
  }

  /**
   * A message `resume`, for clients that cannot put `?since=` into the address: brings what was missed before this
   * connection began. What came live meanwhile is not sent again.
   */
  async resume(since: unknown): Promise<void> {
    if (typeof since !== "string")
      throw new Fault("bad_message", "resume needs `since`, the last cursor you got");
    if (this.#resumed) throw new Fault("bad_message", "this connection has already caught up");
    this.#resumed = true;
    this.#held = [];
    try {
      await catchUp(this.#core, this, since, this.#base, this.#base);
      if (!this.isOver) this.#release();
    } catch (error) {
      const { events } = this.#core.options;
      const fault = asFault(error);
      if (fault.fault === "internal")
        events.emit("failure", { where: "connection.resume", incident: this.id, error });
      this.close(fault);
    }
  }

  // --- heartbeat and end ---

  alive(frame: "ping" | "pong"): void {
    this.lastSeen = this.#core.options.clock.now();
    if (frame === "pong") this.#pulse.ponged(this.#time());
    else this.#pulse.seen(this.#time());
    this.#tapped?.tell("in", frame);
  }

  beat(now: number): void {
    if (this.#state === "closing") this.#socket.terminate();
    else if (this.#state === "authenticating") this.refuse(this.#authTimeout());
    else if (this.#state !== "closed") this.#beatOpen(now);
  }

  #authTimeout(): Fault {
    const value = this.#core.options.limits.authTimeout / 1000;
    return new Fault("auth_timeout", undefined, { expected: { setting: "AUTH_TIMEOUT", value } });
  }

  #beatOpen(now: number): void {
    if (this.#untilExpiry() <= 0) this.close(new Fault("token_expired"));
    else if (this.#pulse.isIdle(now)) this.close(new Fault("idle"));
    else if (this.#pulse.beat(now)) this.#reschedule();
    else this.close(new Fault("peer_lost"));
  }

  #nextDue(): number {
    return Math.min(this.#pulse.due, this.#time() + this.#untilExpiry());
  }

  /** A token ends at a date. A clock that is set is noticed at the next beat. */
  #untilExpiry(): number {
    return (this.identity.expiresAt ?? Number.POSITIVE_INFINITY) - this.#core.options.clock.now();
  }

  #reschedule(): void {
    this.#core.wheel.schedule(this, this.#nextDue());
  }

  closed(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.ending = { code, ...(this.#fault === undefined ? {} : { fault: this.#fault }) };
    this.#held = undefined;
    this.#tapped?.ended(code, reason, this.#fault === undefined);
    if (this.#isCounted) this.#core.admission.leave(this.peer);
    this.#core.connections.remove(this);
    this.#leaveTopics();
    this.#wakeWriter();
    const here = this.channel?.presence?.(this);
    if (here !== undefined) void this.#core.options.presence.remove(here.topic, this.id);
    this.#core.options.events.emit("connection.closed", {
      ...this.#facts(),
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      code,
      reason: reason.slice(0, 123),
      ms: this.#core.options.clock.now() - this.openedAt,
      received: this.receivedCount,
      sent: this.#outbox.sent,
    });
    if (this.#entered) this.#leaveChannel();
  }

  // --- what operators see ---

  /** Numbers that change all the time; `lastHeard` and `roundTrip` in milliseconds, on the monotonic clock. */
  get traffic() {
    const { sent, sentBytes, waiting } = this.#outbox;
    const { lastHeard, roundTrip } = this.#pulse;
    const { receivedCount, receivedBytes } = this;
    return { receivedCount, receivedBytes, sent, sentBytes, waiting, lastHeard, roundTrip };
  }

  get taps(): number {
    return this.#tapped?.taps.size ?? 0;
  }

  get state(): "authenticating" | "opening" | "open" | "closing" | "closed" {
    return this.#state;
  }

  /** Shows every frame to a tap from now on. Returns what ends that. */
  tap(tap: Tap): () => void {
    const tapped = this.#tapped ?? new TappedSocket(this.#socket);
    if (this.#tapped === undefined) this.#through(tapped);
    this.#tapped = tapped;
    tapped.taps.add(tap);
    return () => {
      if (!tapped.taps.delete(tap) || tapped.taps.size > 0) return;
      this.#through(tapped.inner);
      this.#tapped = undefined;
    };
  }

  #through(socket: Socket): void {
    this.#socket = socket;
    this.#outbox.through(socket);
    this.#pulse.through(socket);
  }

  #leaveTopics(): void {
    for (const topic of this.#topics) this.#core.hub.leave(topic, this);
    this.#topics = noTopics;
  }

  #leaveChannel(): void {
    const failed = (error: unknown) =>
      this.#core.options.events.emit("failure", {
        where: `${this.channel!.name}.close`,
        incident: this.id,
        error,
      });
    try {
      Promise.resolve(this.channel!.close?.(this)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #facts(): ConnectionFacts {
    return {
      conn: this.id,
      channel: this.channel?.name ?? "none",
      path: this.path,
      peer: this.peer.address,
      client: this.client,
      token: this.#tokenFrom,
      who: this.identity.id === "" ? "anonymous" : this.identity.id,
    };
  }
}

function errorFrame(fault: Fault, extra: Record<string, unknown>): string {
  const { retry, hint } = fault.row;
  const { fault: error, message } = fault;
  return encode("error", { error, message, hint, retry, ...fault.fields, ...extra });
}

function readAuth(data: string | Uint8Array, maxDepth: number): string {
  if (typeof data !== "string") throw new Fault("binary_refused");
  const { type, token } = decode(data, maxDepth);
  // `authenticate` is what dashboards of cameras say.
  if ((type !== "auth" && type !== "authenticate") || typeof token !== "string")
    throw new Fault("unauthorized", 'the first message must be {"type":"auth","token":"…"}');
  return token;
}
