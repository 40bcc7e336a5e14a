import { sql } from "kysely";
import type { Db, TrackRow } from "./tables.ts";

export const trackOf = (db: Db, id: number, from: number, to: number, limit: number): Promise<TrackRow[]> =>
  db
    .selectFrom("driver_track")
    .selectAll()
    .where("driver_id", "=", id)
    .where("at", ">=", from)
    .where("at", "<=", to)
    .orderBy("at")
    .limit(limit)
    .execute();
/** The newest point of each driver since `time`: where he was when the server went away without a word. */
export const newestPoints = (
  db: Db,
  time: number,
): Promise<Pick<TrackRow, "driver_id" | "at" | "lat" | "lon">[]> =>
  db
    .selectFrom("driver_track as point")
    .innerJoin(
      (eb) =>
        eb
          .selectFrom("driver_track")
          .select(["driver_id", (one) => one.fn.max("at").as("at")])
          .where("at", ">", time)
          .groupBy("driver_id")
          .as("newest"),
      (join) => join.onRef("newest.driver_id", "=", "point.driver_id").onRef("newest.at", "=", "point.at"),
    )
    .select(["point.driver_id", "point.at", "point.lat", "point.lon"])
    .execute();
export const deleteTrackBefore = (db: Db, time: number, limit: number) =>
  db
    .deleteFrom("driver_track")
    .where(
      ({ refTuple, selectFrom }) =>
        sql<boolean>`${refTuple("driver_id", "at")} in ${selectFrom("driver_track as old")
          .select(["old.driver_id", "old.at"])
          .where("old.at", "<", time)
          .limit(limit)}`,
    );
