import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { clientFrame, opcodes, textFrame } from "./frames.ts";
import { Latencies } from "./latency.ts";
import { arrived, pace } from "./pace.ts";
import { readTime, writeTime } from "./stamp.ts";

export interface FilmPlan {
  /** Pictures per second, and bytes of each. */
  readonly rate: number;
  readonly bytes: number;
  readonly seconds: number;
  /** The last of the viewers, who read nothing from now on. */
  readonly stalled: number;
}

export interface Filmed {
  readonly pictures: number;
  /** Of those who read. A picture that never came counts as ten seconds late. */
  readonly p50: number;
  readonly p99: number;
  /** Pictures that never came to one who reads, counted once for each of them. */
  readonly lost: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

/** Milliseconds that the last pictures may take. */
const grace = 2_000;
/** The time stands behind the first marks of a JPEG. */
const startOfJpeg = [0xff, 0xd8, 0xff, 0xe0];

/** The first client is a camera, the others look at it. Latency counts from the moment when a picture was due. */
export async function film(plan: FilmPlan, [camera, ...viewers]: readonly Client[]): Promise<Filmed> {
  const readers = viewers.slice(0, viewers.length - plan.stalled);
  for (const viewer of viewers.slice(readers.length)) viewer.stall();
  const began = performance.now();
  const seen = look(readers, began);
  const { cpu } = usage();
  const pictures = await shoot(plan, camera!, began);
  const load = (usage().cpu - cpu) / (performance.now() - began);
  const expected = pictures * readers.length;
  await arrived(() => seen.count, expected, grace);
  const lost = expected - seen.count;
  for (let i = 0; i < lost; i++) seen.add(Number.POSITIVE_INFINITY);
  return { pictures, p50: seen.quantile(0.5), p99: seen.quantile(0.99), lost, load };
}

/** Fills as pictures come. One from before `began` is no news. */
function look(readers: readonly Client[], began: number): Latencies {
  const latencies = new Latencies();
  for (const reader of readers)
    reader.onBinary = (_, bytes, start) => {
      const due = readTime(bytes, start + startOfJpeg.length);
      if (due >= began - 0.01) latencies.add(performance.now() - due);
    };
  return latencies;
}

/** Resolves with the count of pictures. */
async function shoot({ rate, bytes, seconds }: FilmPlan, camera: Client, began: number): Promise<number> {
  const metadata = textFrame(JSON.stringify({ type: "frame_metadata", size: bytes, format: "jpeg" }));
  const jpeg = Buffer.alloc(bytes, "picture");
  jpeg.set(startOfJpeg);
  const message = Buffer.concat([metadata, clientFrame(opcodes.binary, jpeg)]);
  const at = message.length - bytes + startOfJpeg.length;
  const count = Math.round(rate * seconds);
  await pace({ rate, count, began }, (_, due) => {
    writeTime(message, at, due);
    camera.send(message);
  });
  return count;
}
