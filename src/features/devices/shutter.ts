import { asFault } from "../../protocol/faults.ts";
import type { Cameras, DropReason } from "./cameras.ts";
import type { Commands } from "./commands.ts";
import type { PhotoData } from "./messages.ts";
import type { Photos } from "./photos.ts";
import type { Session } from "./session.ts";

const flaws: Readonly<Record<DropReason, string>> = {
  too_big: "the picture is bigger than MAX_FRAME_BYTES",
  empty: "the picture is empty",
  not_jpeg: "the picture is no JPEG: it does not start with FF D8",
  no_frame: "the photo was announced and did not come",
  unasked: "nobody asked for so many photos",
};

/** What a camera announced, and the binary message that follows it: a frame of the stream, or a photo to keep. */
export class Shutter {
  readonly #cameras: Cameras;
  readonly #photos: Photos;
  readonly #commands: Commands;
  readonly #announced = new WeakMap<Session, "frame" | PhotoData>();

  constructor(cameras: Cameras, photos: Photos, commands: Commands) {
    this.#cameras = cameras;
    this.#photos = photos;
    this.#commands = commands;
  }

  /** The next binary message is a frame, or this photo. */
  async announce(session: Session, next: "frame" | PhotoData): Promise<void> {
    const before = this.#announced.get(session);
    this.#announced.set(session, next);
    if (before !== undefined) await this.#drop(session, before, "no_frame", 0);
  }

  /** Nothing more comes for what was announced. */
  async missed(session: Session): Promise<void> {
    const before = this.#announced.get(session);
    this.#announced.delete(session);
    if (before !== undefined && before !== "frame") await this.#drop(session, before, "no_frame", 0);
  }

  /** The camera said that nothing comes, and says itself what that means for a command. */
  forget(session: Session): void {
    const before = this.#announced.get(session);
    this.#announced.delete(session);
    if (before !== undefined && before !== "frame") this.#cameras.drop(session, "no_frame", 0);
  }

  /** Frames go on at once; a photo is stored first. */
  receive(session: Session, data: Uint8Array): void | Promise<void> {
    const announced = this.#announced.get(session) ?? "frame";
    this.#announced.delete(session);
    const flaw = this.#cameras.flaw(data);
    if (flaw !== undefined) return this.#drop(session, announced, flaw, data.length);
    if (announced === "frame") return this.#cameras.frame(session, data);
    return this.#keep(session, data, announced);
  }

  async #keep(session: Session, data: Uint8Array, meta: PhotoData): Promise<void> {
    const answer = (failed: boolean, detail: string) =>
      this.#commands.answered(session, { answers: "photo", failed, detail });
    const isAsked = await this.#commands.awaits(session.device, "photo");
    if (!isAsked && !(await this.#photos.mayCome(session)))
      return this.#cameras.drop(session, "unasked", data.length);
    try {
      await answer(false, (await this.#photos.add(session, data, meta)).url);
    } catch (error) {
      await answer(true, `the photo came and was not stored: ${asFault(error).message}`);
      throw error;
    }
  }

  async #drop(
    session: Session,
    announced: "frame" | PhotoData,
    flaw: DropReason,
    bytes: number,
  ): Promise<void> {
    this.#cameras.drop(session, flaw, bytes);
    if (announced === "frame") return;
    await this.#commands.answered(session, { answers: "photo", failed: true, detail: flaws[flaw] });
  }
}
