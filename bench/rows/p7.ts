import { loadBetween, megabytes, type Pair, withPair } from "../kit/pair.ts";
import { boardSettings, openCamera, openStaff } from "./boards.ts";
import { both, type Figure, ms, percent, type Row } from "./row.ts";

const camera = { rate: 25, bytes: 40 * 1024 };
/** Seconds before we measure: whatever grows with use has grown then. */
const warmUp = 3;

interface Viewers {
  readonly count: number;
  /** Of them, those who never read more than their greeting. */
  readonly stalled: number;
}

/** A camera with its viewers, who have seen it for a while. */
const withViewers = (
  kind: "peyk" | "raw",
  { count, stalled }: Viewers,
  work: (pair: Pair) => Promise<Figure>,
) =>
  withPair(
    kind,
    async (pair) => {
      await openCamera(pair);
      await openStaff(pair, "/ws/video", count);
      await pair.load.call("film", { ...camera, seconds: warmUp, stalled });
      return work(pair);
    },
    boardSettings,
  );

const viewers = 50;
const stalled = 5;
const seconds = 20;

const measure = (kind: "peyk" | "raw"): Promise<Figure> =>
  withViewers(kind, { count: viewers, stalled }, async ({ server, load }) => {
    const before = await server.call("settledUsage", undefined);
    const began = performance.now();
    const filmed = await load.call("film", { ...camera, seconds, stalled });
    const serverLoad = loadBetween(before, await server.call("usage", undefined), performance.now() - began);
    const after = await server.call("settledUsage", undefined);
    const { pictures, p50, p99, lost } = filmed;
    const notes = [
      `p50 ${ms(p50)}, ${lost} of ${pictures * (viewers - stalled)} pictures lost`,
      `${megabytes(before)} MB before, ${megabytes(after)} MB after`,
      `server ${percent(serverLoad)}, generator ${percent(filmed.load)} of a core`,
    ];
    return { value: p99, notes: notes.join("; ") };
  });

export const p7: Row = {
  name: "P7",
  workload: `camera, ${camera.rate} pictures/s of 40 KB, ${viewers} viewers of which ${stalled} stalled; p99 of the others`,
  unit: "ms",
  goal: "<= 50 ms",
  met: (peyk) => peyk <= 50,
  measure: () => both(measure),
};

/** More of them than in P7, so that what they cost stands out from what memory does by itself. */
const manyStalled = 100;
/** Seconds; enough to fill what the kernel holds for each of them. */
const stall = 8;

const measureStalled = (kind: "peyk" | "raw"): Promise<Figure> =>
  withViewers(kind, { count: manyStalled, stalled: 0 }, async ({ server, load }) => {
    const before = await server.call("settledUsage", undefined);
    const { pictures } = await load.call("film", { ...camera, seconds: stall, stalled: manyStalled });
    const after = await server.call("settledUsage", undefined);
    const lost = await load.call("lost", undefined);
    const value = (after.rss - before.rss) / camera.bytes / manyStalled;
    const memory = `${megabytes(before)} MB before, ${megabytes(after)} MB after`;
    return { value, notes: `of ${pictures} that it did not read, ${lost} viewers closed; ${memory}` };
  });

/** What a viewer costs who reads nothing. */
export const p7Stalled: Row = {
  name: "P7b",
  workload: `the same camera, ${manyStalled} viewers that all stall for ${stall} s; memory of the server for each`,
  unit: "pictures",
  goal: "<= 1 picture",
  met: (peyk) => peyk <= 1,
  measure: () => both(measureStalled),
};
