import { type Driver, iso, isoOrNull, type Order } from "./messages.ts";
import type { People } from "./people.ts";
import type { DriverRow, OrderRow, PassengerRow, RegionRow } from "./repo.ts";
import { driverState, isCurrent, type OrderState, stateLabels } from "./states.ts";

export const toRegion = ({
  id,
  title,
  city,
  center_lat,
  center_lon,
  polygon,
  service_radius_meters,
}: RegionRow) => ({
  id,
  title,
  city,
  center_lat,
  center_lon,
  center: { lat: center_lat, lon: center_lon },
  polygon_coordinates: JSON.parse(polygon) as number[][],
  service_radius_meters,
});

const regionOf = (people: People, id: string | null) => {
  const row = people.region(id);
  return row === undefined ? null : toRegion(row);
};

/** The account's own name and address are the account's secret; clients of seed 004 show the person's. */
const accountOf = (id: string | null, username: string, phone: string, role: string) => ({
  id: id !== null && /^\d{1,15}$/.test(id) ? Number(id) : id,
  username,
  phone,
  role,
  email: "",
});

export function toDriver(people: People, row: DriverRow, order: OrderState | undefined): Driver {
  const { id, name, car_model, plate_number, capacity, lat, lon } = row;
  return {
    id,
    user: accountOf(row.user_id, name, row.phone, "driver"),
    name,
    region: regionOf(people, row.region_id),
    car_model,
    plate_number,
    capacity,
    is_online: row.is_online === 1,
    status: driverState(row.is_online === 1, order),
    current_lat: lat,
    current_lon: lon,
    current_position: lat === null || lon === null ? null : { lat, lon },
    last_location_update: isoOrNull(row.located_at),
  };
}

const toPassenger = (people: People, row: PassengerRow) => ({
  id: row.id,
  user: accountOf(row.user_id, row.full_name, row.phone, "passenger"),
  full_name: row.full_name,
  region: regionOf(people, row.region_id),
  disability_category: row.disability_category,
  allowed_companion: row.allowed_companion === 1,
});

/** Who rode with a driver once has no business with where he is today. */
const nowhere = { current_lat: null, current_lon: null, current_position: null, last_location_update: null };

/** `now`: for how long a driver has waited for his passenger. */
export function toOrder(people: People, row: OrderRow, passenger: PassengerRow, now: number): Order {
  const driver = row.driver_id === null ? undefined : people.driver(row.driver_id);
  const whereabouts = isCurrent(row, now) ? {} : nowhere;
  const waited = row.status === "arrived_waiting" && row.arrived_at !== null ? now - row.arrived_at : 0;
  return {
    id: row.id,
    passenger: toPassenger(people, passenger),
    driver: driver === undefined ? null : { ...toDriver(people, driver, row.status), ...whereabouts },
    pickup_title: row.pickup_title,
    pickup_object_name: row.pickup_object_name,
    dropoff_title: row.dropoff_title,
    dropoff_object_name: row.dropoff_object_name,
    pickup_lat: row.pickup_lat,
    pickup_lon: row.pickup_lon,
    dropoff_lat: row.dropoff_lat,
    dropoff_lon: row.dropoff_lon,
    pickup_coordinate: { lat: row.pickup_lat, lon: row.pickup_lon },
    dropoff_coordinate: { lat: row.dropoff_lat, lon: row.dropoff_lon },
    desired_pickup_time: iso(row.desired_pickup_time),
    has_companion: row.has_companion === 1,
    note: row.note,
    status: row.status,
    status_display: stateLabels[row.status],
    created_at: iso(row.created_at),
    assigned_at: isoOrNull(row.assigned_at),
    completed_at: isoOrNull(row.completed_at),
    assignment_reason: row.assignment_reason,
    rejection_reason: row.rejection_reason,
    video_recording: false,
    upload_started: false,
    seats_needed: row.has_companion === 1 ? 2 : 1,
    distance_km: row.distance_km,
    waiting_time_minutes: Math.floor(waited / 60_000),
    estimated_price: row.estimated_price,
    final_price: row.final_price,
    price_breakdown: null,
  };
}

/**
 * For a driver who has the order not yet, or no more: what it is, without how to reach its people, and without where
 * its driver is.
 */
export function withoutContacts(order: Order): Order {
  const { passenger, driver } = order;
  const unreachable = <U extends { phone: string }>(user: U): U => ({ ...user, phone: "" });
  return {
    ...order,
    passenger: { ...passenger, user: unreachable(passenger.user) },
    driver: driver && { ...driver, ...nowhere, user: unreachable(driver.user) },
  };
}
