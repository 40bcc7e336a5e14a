const earthRadius = 6_371_000;
const radians = (degrees: number): number => (degrees * Math.PI) / 180;

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** Metres along the great circle (haversine). */
export function distance(a: Point, b: Point): number {
  const dLat = radians(b.lat - a.lat);
  const dLon = radians(b.lon - a.lon);
  const h =
    Math.sin(dLat / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Degrees as numbers, in range, and not the (0, 0) of a receiver that knows nothing yet. */
export const isPlace = ({ lat, lon }: Point): boolean =>
  Number.isFinite(lat) &&
  Number.isFinite(lon) &&
  Math.abs(lat) <= 90 &&
  Math.abs(lon) <= 180 &&
  !(lat === 0 && lon === 0);
