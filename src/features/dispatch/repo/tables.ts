import type { Generated, Kysely, Selectable } from "kysely";
import type { OrderState } from "../states.ts";

/** Times are milliseconds since 1970; coordinates degrees (WGS 84); booleans 0 and 1. */
export interface DispatchTables {
  regions: {
    id: string;
    title: string;
    city: string;
    center_lat: number;
    center_lon: number;
    /** JSON: list of [lat, lon]. */
    polygon: string;
    service_radius_meters: number;
  };
  drivers: {
    id: Generated<number>;
    user_id: string | null;
    name: string;
    phone: string;
    region_id: string | null;
    car_model: string;
    plate_number: string;
    capacity: number;
    is_online: number;
    lat: number | null;
    lon: number | null;
    located_at: number | null;
    created_at: number;
    /** Since when he drives here no more. */
    removed_at: number | null;
  };
  passengers: {
    id: Generated<number>;
    user_id: string | null;
    full_name: string;
    phone: string;
    region_id: string | null;
    disability_category: string;
    allowed_companion: number;
    created_at: number;
  };
  orders: {
    id: string;
    passenger_id: number;
    driver_id: number | null;
    status: OrderState;
    pickup_title: string;
    pickup_object_name: string;
    dropoff_title: string;
    dropoff_object_name: string;
    pickup_lat: number;
    pickup_lon: number;
    dropoff_lat: number;
    dropoff_lon: number;
    desired_pickup_time: number;
    has_companion: number;
    note: string;
    distance_km: number;
    estimated_price: string;
    final_price: string | null;
    assignment_reason: string;
    rejection_reason: string;
    created_at: number;
    updated_at: number;
    assigned_at: number | null;
    arrived_at: number | null;
    completed_at: number | null;
    /** What its passenger's client calls it. */
    client_order_id: string | null;
  };
  order_history: {
    id: Generated<number>;
    order_id: string;
    status_from: OrderState | null;
    status_to: OrderState;
    description: string;
    by: string;
    at: number;
  };
  order_offers: {
    id: Generated<number>;
    order_id: string;
    driver_id: number;
    status: "pending" | "accepted" | "declined" | "timeout" | "withdrawn";
    created_at: number;
    expires_at: number;
  };
  driver_track: {
    driver_id: number;
    at: number;
    lat: number;
    lon: number;
    accuracy: number | null;
    speed: number | null;
    heading: number | null;
  };
}

export type Db = Kysely<DispatchTables>;
export type RegionRow = Selectable<DispatchTables["regions"]>;
export type DriverRow = Selectable<DispatchTables["drivers"]>;
export type PassengerRow = Selectable<DispatchTables["passengers"]>;
export type OrderRow = Selectable<DispatchTables["orders"]>;
export type HistoryRow = Selectable<DispatchTables["order_history"]>;
export type OfferRow = Selectable<DispatchTables["order_offers"]>;
export type TrackRow = Selectable<DispatchTables["driver_track"]>;
