import type { Kysely } from "kysely";
import type { ColumnTypes, Migrations } from "../../../core/feature.ts";

export const dispatchMigrations = (types: ColumnTypes): Migrations => ({
  "dispatch/001_people": { up: (db) => people(db, types) },
  "dispatch/002_orders": { up: (db) => orders(db, types) },
  "dispatch/003_track": { up: (db) => track(db, types) },
  "dispatch/004_client_order_id": { up: clientOrderId },
  "dispatch/005_driver_removed_at": {
    up: async (db) =>
      void (await db.schema.alterTable("drivers").addColumn("removed_at", types.bigint).execute()),
  },
});

async function people(db: Kysely<unknown>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("regions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("city", "text", (column) => column.notNull())
    .addColumn("center_lat", "real", (column) => column.notNull())
    .addColumn("center_lon", "real", (column) => column.notNull())
    .addColumn("polygon", "text", (column) => column.notNull())
    .addColumn("service_radius_meters", "integer", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("drivers")
    .addColumn("id", bigint, identity)
    .addColumn("user_id", "text", (column) => column.unique())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("phone", "text", (column) => column.notNull())
    .addColumn("region_id", "text")
    .addColumn("car_model", "text", (column) => column.notNull())
    .addColumn("plate_number", "text", (column) => column.notNull())
    .addColumn("capacity", "integer", (column) => column.notNull())
    .addColumn("is_online", "integer", (column) => column.notNull())
    .addColumn("lat", "real")
    .addColumn("lon", "real")
    .addColumn("located_at", bigint)
    .addColumn("created_at", bigint, (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("passengers")
    .addColumn("id", bigint, identity)
    .addColumn("user_id", "text", (column) => column.unique())
    .addColumn("full_name", "text", (column) => column.notNull())
    .addColumn("phone", "text", (column) => column.notNull())
    .addColumn("region_id", "text")
    .addColumn("disability_category", "text", (column) => column.notNull())
    .addColumn("allowed_companion", "integer", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .execute();
}

async function orders(db: Kysely<unknown>, { bigint, identity }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("orders")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("passenger_id", bigint, (column) => column.notNull().references("passengers.id"))
    .addColumn("driver_id", bigint, (column) => column.references("drivers.id"))
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("pickup_title", "text", (column) => column.notNull())
    .addColumn("pickup_object_name", "text", (column) => column.notNull())
    .addColumn("dropoff_title", "text", (column) => column.notNull())
    .addColumn("dropoff_object_name", "text", (column) => column.notNull())
    .addColumn("pickup_lat", "real", (column) => column.notNull())
    .addColumn("pickup_lon", "real", (column) => column.notNull())
    .addColumn("dropoff_lat", "real", (column) => column.notNull())
    .addColumn("dropoff_lon", "real", (column) => column.notNull())
    .addColumn("desired_pickup_time", bigint, (column) => column.notNull())
    .addColumn("has_companion", "integer", (column) => column.notNull())
    .addColumn("note", "text", (column) => column.notNull())
    .addColumn("distance_km", "real", (column) => column.notNull())
    .addColumn("estimated_price", "text", (column) => column.notNull())
    .addColumn("final_price", "text")
    .addColumn("assignment_reason", "text", (column) => column.notNull())
    .addColumn("rejection_reason", "text", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("updated_at", bigint, (column) => column.notNull())
    .addColumn("assigned_at", bigint)
    .addColumn("arrived_at", bigint)
    .addColumn("completed_at", bigint)
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on("orders").columns(columns).execute();
  await index("orders_status", ["status", "created_at"]);
  await index("orders_driver", ["driver_id", "status"]);
  await index("orders_passenger", ["passenger_id", "created_at"]);
  await index("orders_created", ["created_at"]);
  await db.schema
    .createTable("order_history")
    .addColumn("id", bigint, identity)
    .addColumn("order_id", "text", (column) => column.notNull())
    .addColumn("status_from", "text")
    .addColumn("status_to", "text", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("by", "text", (column) => column.notNull())
    .addColumn("at", bigint, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("order_history_order")
    .on("order_history")
    .columns(["order_id", "id"])
    .execute();
  await db.schema
    .createTable("order_offers")
    .addColumn("id", bigint, identity)
    .addColumn("order_id", "text", (column) => column.notNull())
    .addColumn("driver_id", bigint, (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("created_at", bigint, (column) => column.notNull())
    .addColumn("expires_at", bigint, (column) => column.notNull())
    .execute();
  await db.schema.createIndex("order_offers_order").on("order_offers").columns(["order_id", "id"]).execute();
  await db.schema
    .createIndex("order_offers_due")
    .on("order_offers")
    .columns(["status", "expires_at"])
    .execute();
}

async function track(db: Kysely<unknown>, { bigint }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("driver_track")
    .addColumn("driver_id", bigint, (column) => column.notNull())
    .addColumn("at", bigint, (column) => column.notNull())
    .addColumn("lat", "real", (column) => column.notNull())
    .addColumn("lon", "real", (column) => column.notNull())
    .addColumn("accuracy", "real")
    .addColumn("speed", "real")
    .addColumn("heading", "real")
    .addPrimaryKeyConstraint("driver_track_pk", ["driver_id", "at"])
    .execute();
  await db.schema.createIndex("driver_track_at").on("driver_track").column("at").execute();
}

/** What a client calls its order, so that one that is sent twice is one. */
async function clientOrderId(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("orders").addColumn("client_order_id", "text").execute();
  const once = db.schema.createIndex("orders_client_order_id").unique();
  await once.on("orders").columns(["passenger_id", "client_order_id"]).execute();
}
