import { usage } from "../kit/usage.ts";
import type { Client } from "./client.ts";
import { textFrame } from "./frames.ts";
import { pace } from "./pace.ts";

export interface DrivePlan {
  /** The first sockets are maps, the others drivers. */
  readonly maps: number;
  readonly seconds: number;
}

export interface Driven {
  readonly sent: number;
  /** Messages with positions that the busiest map got in a second. */
  readonly framesPerSecond: number;
  /** Positions in the messages of the first map. */
  readonly shown: number;
  /** Share of one core that the generator used. */
  readonly load: number;
}

const entry = Buffer.from('"driver_id"');
const batch = textFrame('{"type":"viewport","batch":true}');
/** Degrees that a driver goes in a second: 22 m. */
const speed = 0.0002;

/** Every driver tells where he is once a second, evenly spread; the maps count what they are told. */
export async function drive({ maps, seconds }: DrivePlan, clients: readonly Client[]): Promise<Driven> {
  const drivers = clients.slice(maps);
  const pages = clients.slice(0, maps).map(watch);
  const began = performance.now();
  const { cpu } = usage();
  const sent = drivers.length * seconds;
  await pace({ rate: drivers.length, count: sent, began }, (i) => {
    const at = i % drivers.length;
    drivers[at]!.send(position(at, Math.floor(i / drivers.length)));
  });
  const elapsed = performance.now() - began;
  const load = (usage().cpu - cpu) / elapsed;
  const frames = Math.max(...pages.map((page) => page.frames));
  return { sent, framesPerSecond: (frames / elapsed) * 1000, shown: pages[0]?.shown ?? 0, load };
}

let round = 0;
function position(driver: number, second: number): Buffer {
  if (driver === 0) round++;
  const lat = (43 + driver / 50_000 + round * speed).toFixed(6);
  return textFrame(`{"type":"location","lat":${lat},"lon":76.945,"speed":22,"heading":${second % 360}}`);
}

/** Fills as a map is told. The first one is looked into. */
function watch(client: Client) {
  const page = { frames: 0, shown: 0 };
  client.send(batch);
  client.onText = (_, bytes, start, end) => {
    if (bytes.toString("latin1", start, start + 26) !== '{"type":"driver_locations"') return;
    page.frames++;
    if (client.index === 0) page.shown += count(bytes.subarray(start, end));
  };
  return page;
}

function count(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(entry); at >= 0; at = bytes.indexOf(entry, at + entry.length)) found++;
  return found;
}
