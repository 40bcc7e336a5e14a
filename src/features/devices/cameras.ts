import type { Follower } from "../../core/hub.ts";
import { relaySlot } from "../../core/hub.ts";
import { Fault } from "../../protocol/faults.ts";
import type { DeviceDependencies } from "./dependencies.ts";
import { iso } from "./events.ts";
import type { Registry } from "./registry.ts";
import * as repo from "./repo.ts";
import type { Session } from "./session.ts";

/** Milliseconds over which frames per second are counted. */
const fpsWindow = 2_000;
/** Frames per second that a camera is asked for, where its firmware can be asked: while somebody watches, and not. */
const watchedFps = 25;
const unwatchedFps = 1;
/** Cameras that an error names. */
const maxNamed = 20;

export interface Picture {
  readonly data: Uint8Array;
  /** Milliseconds since 1970 at which it came. */
  readonly at: number;
}

interface Camera {
  latest: Picture | undefined;
  /** On the monotonic clock, as the window below. */
  latestAt: number;
  frames: number;
  readonly dropped: Record<string, number>;
  viewers: number;
  fps: number;
  windowStart: number;
  windowFrames: number;
}

export type DropReason = "too_big" | "empty" | "not_jpeg" | "no_frame" | "unasked";

const topicOf = (device: string): string => `camera:${device}`;
export const frameSlot = (device: string): string => relaySlot(topicOf(device), "frame");

/** Pictures of cameras on their way to viewers: only the newest counts, for each viewer at his own pace. */
export class Cameras {
  readonly #deps: DeviceDependencies;
  readonly #registry: Registry;
  readonly #cameras = new Map<string, Camera>();

  constructor(deps: DeviceDependencies, registry: Registry) {
    this.#deps = deps;
    this.#registry = registry;
  }

  /** Why a binary message is no picture; `undefined`: it is one. JPEG files start with FF D8 (ITU T.81 B.1.1.3). */
  flaw(data: Uint8Array): DropReason | undefined {
    if (data.length === 0) return "empty";
    if (data.length > this.#deps.options.maxFrameBytes) return "too_big";
    return data[0] === 0xff && data[1] === 0xd8 ? undefined : "not_jpeg";
  }

  frame({ device }: Session, data: Uint8Array): void {
    const { clock } = this.#deps;
    const camera = this.#camera(device);
    camera.latest = { data, at: clock.now() };
    camera.latestAt = clock.monotonic();
    camera.frames++;
    countFps(camera, camera.latestAt);
    this.#deps.hub.relay(topicOf(device), "frame", data);
    this.#deps.events.emit("frame.received", { device, bytes: data.length });
  }

  drop({ device }: Session, reason: DropReason, bytes: number): void {
    const { dropped } = this.#camera(device);
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    this.#deps.events.emit("frame.dropped", { device, reason, bytes });
  }

  #camera(device: string): Camera {
    const known = this.#cameras.get(device);
    if (known !== undefined) return known;
    const camera = newCamera(this.#deps.clock.monotonic());
    this.#cameras.set(device, camera);
    return camera;
  }

  /** It is offline: only who still waits for its pictures is remembered. */
  forget(device: string): void {
    const viewers = this.#cameras.get(device)?.viewers ?? 0;
    this.#cameras.delete(device);
    if (viewers > 0) this.#camera(device).viewers = viewers;
  }

  latest(device: string): Picture | undefined {
    return this.#cameras.get(device)?.latest;
  }

  stats(device: string) {
    const now = this.#deps.clock.monotonic();
    const { latest, latestAt, frames, dropped, viewers, fps } = this.#cameras.get(device) ?? newCamera(now);
    const isLive = latest !== undefined && now - latestAt < 2 * fpsWindow;
    const last_frame_at = latest === undefined ? null : iso(latest.at);
    return { fps: isLive ? Math.round(fps * 10) / 10 : 0, frames, dropped, viewers, last_frame_at };
  }

  /** Rejects with `not_found` for what is no camera. */
  async require(device: string): Promise<string> {
    const row = await repo.deviceById(this.#deps.store.db, device);
    if (row?.kind !== "esp32cam") throw new Fault("not_found", `there is no camera ${device}`);
    return row.id;
  }

  /** The only camera that is connected, else the only one that is known. Rejects with `not_found` and the choices. */
  async only(): Promise<string> {
    const connected = [...this.#registry.sessions()].filter(({ kind }) => kind === "esp32cam");
    const here = connected.slice(0, maxNamed).map(({ device }) => device);
    const [first, ...others] = here.length > 0 ? here : await this.#known();
    if (first === undefined) throw new Fault("not_found", "no camera has ever connected");
    if (others.length === 0) return first;
    const ids = [first, ...others].sort().join(", ");
    throw new Fault("not_found", `there are several cameras (${ids}): name one, /ws/video/{device}`);
  }

  async #known(): Promise<string[]> {
    const filter = { kind: "esp32cam", limit: maxNamed, offset: 0 } as const;
    return (await repo.devices(this.#deps.store.db, filter)).map(({ id }) => id);
  }

  /** From now on this follower gets the newest pictures. Returns what ends that. */
  watch(device: string, follower?: Follower): () => void {
    const topic = topicOf(device);
    if (follower !== undefined) this.#deps.hub.join(topic, follower);
    if (++this.#camera(device).viewers === 1) this.pace(device);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (follower !== undefined) this.#deps.hub.leave(topic, follower);
      if (--this.#camera(device).viewers === 0) this.#unwatched(device);
    };
  }

  #unwatched(device: string): void {
    this.pace(device);
    if (this.#camera(device).latest === undefined && this.#registry.current(device) === undefined)
      this.#cameras.delete(device);
  }

  topic(device: string): string {
    return topicOf(device);
  }

  /** Asks a camera for as many pictures as are looked at; firmware that cannot be asked is left alone. */
  pace(device: string): void {
    const session = this.#registry.current(device);
    if (!session?.capabilities.includes("stream_control")) return;
    const fps = (this.#cameras.get(device)?.viewers ?? 0) > 0 ? watchedFps : unwatchedFps;
    session.connection.sendJson({ type: "stream", fps });
  }
}

const newCamera = (now: number): Camera => ({
  latest: undefined,
  latestAt: now,
  frames: 0,
  dropped: {},
  viewers: 0,
  fps: 0,
  windowStart: now,
  windowFrames: 0,
});

function countFps(camera: Camera, now: number): void {
  camera.windowFrames++;
  const passed = now - camera.windowStart;
  if (passed < fpsWindow) return;
  camera.fps = (camera.windowFrames * 1000) / passed;
  camera.windowStart = now;
  camera.windowFrames = 0;
}
