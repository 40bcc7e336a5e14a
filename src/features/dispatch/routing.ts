import { z } from "zod";
import { distance, type Point } from "./geo.ts";

/** Milliseconds that a route may take; a straight line answers then. */
const patience = 3_000;
/** Streets are longer than the line between their ends, and cities slow: 1.3 times as long, at 8.3 m/s (30 km/h). */
const detour = 1.3;
const citySpeed = 8.33;

export interface Way {
  readonly metres: number;
  readonly seconds: number;
  /** [lat, lon] along the way. */
  readonly route: number[][];
  readonly source: "straight_line" | "osrm";
}

/** A month on the road: what is longer is no answer, and no date either. */
const maxSeconds = 30 * 86_400;
/** Bytes of an answer that are read. */
const maxBytes = 1_000_000;

const Osrm = z.object({
  code: z.literal("Ok"),
  routes: z
    .array(
      z.object({
        distance: z.number().min(0),
        duration: z.number().min(0).max(maxSeconds),
        geometry: z
          .object({ coordinates: z.array(z.tuple([z.number(), z.number()], z.number())) })
          .optional(),
      }),
    )
    .min(1),
});
/** Two places without a way between them; the server itself is well (OSRM's HTTP API, "Responses"). */
const NoWay = z.object({ code: z.enum(["NoRoute", "NoSegment"]) });

/** Seconds for a distance in a straight line, in metres. */
export const secondsFor = (metres: number): number => (metres * detour) / citySpeed;

export const straightLine = (from: Point, to: Point): Way => {
  const direct = distance(from, to);
  return {
    metres: direct * detour,
    seconds: secondsFor(direct),
    route: [
      [from.lat, from.lon],
      [to.lat, to.lon],
    ],
    source: "straight_line",
  };
};

/**
 * OSRM's route service: longitude first. Resolves to `undefined` where it knows no way between these two; rejects
 * where it does not answer in time, or with junk.
 */
export async function onStreets(url: string, from: Point, to: Point): Promise<Way | undefined> {
  const path = `/route/v1/driving/${from.lon},${from.lat};${to.lon},${to.lat}?overview=simplified&geometries=geojson`;
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(patience), redirect: "error" });
  const body = JSON.parse(await readText(answer));
  if (NoWay.safeParse(body).success) return undefined;
  const { routes } = Osrm.parse(body);
  const [{ distance: metres, duration: seconds, geometry }] = routes as [(typeof routes)[number]];
  const route = (geometry?.coordinates ?? []).map(([lon, lat]) => [lat, lon]);
  return { metres, seconds, route, source: "osrm" };
}

async function readText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`the routing server answers with more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** An address may hold a password, and errors repeat addresses. */
export const withoutSecrets = (error: unknown): Error =>
  new Error(String(error).replace(/\/\/[^/@\s]*@/g, "//"));
