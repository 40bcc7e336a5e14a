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

const Osrm = z.object({
  code: z.literal("Ok"),
  routes: z
    .array(
      z.object({
        distance: z.number(),
        duration: z.number(),
        geometry: z.object({ coordinates: z.array(z.array(z.number())) }).optional(),
      }),
    )
    .min(1),
});

export const straightLine = (from: Point, to: Point): Way => {
  const metres = distance(from, to) * detour;
  return {
    metres,
    seconds: metres / citySpeed,
    route: [
      [from.lat, from.lon],
      [to.lat, to.lon],
    ],
    source: "straight_line",
  };
};

/** OSRM's route service: longitude first. */
export async function onStreets(url: string, from: Point, to: Point): Promise<Way> {
  const path = `/route/v1/driving/${from.lon},${from.lat};${to.lon},${to.lat}?overview=simplified&geometries=geojson`;
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(patience), redirect: "error" });
  const { routes } = Osrm.parse(await answer.json());
  const [{ distance: metres, duration: seconds, geometry }] = routes as [(typeof routes)[number]];
  const route = (geometry?.coordinates ?? []).map(([lon, lat]) => [lat!, lon!]);
  return { metres, seconds, route, source: "osrm" };
}
