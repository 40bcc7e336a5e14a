import { z } from "zod";
import { durable, latest } from "../../core/channel.ts";
import { driverStates, orderStates } from "./states.ts";

export const Echo = z.object({ data: z.unknown() });
export const TestMessage = z.object({ message: z.string(), timestamp: z.iso.datetime() });

const at = z.iso.datetime();
const place = z.object({ lat: z.number(), lon: z.number() });

export const Region = z.object({
  id: z.string(),
  title: z.string(),
  city: z.string(),
  center_lat: z.number(),
  center_lon: z.number(),
  center: place,
  polygon_coordinates: z.array(z.array(z.number())),
  service_radius_meters: z.number(),
});

const Account = z.object({
  /** A number for accounts of this server; a text for those of other issuers. */
  id: z.union([z.number(), z.string()]).nullable(),
  username: z.string(),
  phone: z.string(),
  role: z.string(),
  email: z.string(),
});

export const Driver = z.object({
  id: z.number(),
  user: Account,
  name: z.string(),
  region: Region.nullable(),
  car_model: z.string(),
  plate_number: z.string(),
  capacity: z.number().int(),
  is_online: z.boolean(),
  status: z.enum(driverStates),
  current_lat: z.number().nullable(),
  current_lon: z.number().nullable(),
  current_position: place.nullable(),
  last_location_update: at.nullable(),
});
export type Driver = z.output<typeof Driver>;

export const Passenger = z.object({
  id: z.number(),
  user: Account,
  full_name: z.string(),
  region: Region.nullable(),
  disability_category: z.string(),
  allowed_companion: z.boolean(),
});

/** The full order, as clients of seed 004 know it: its own id is a text, those of people are numbers. */
export const Order = z.object({
  id: z.string(),
  passenger: Passenger,
  driver: Driver.nullable(),
  pickup_title: z.string(),
  pickup_object_name: z.string(),
  dropoff_title: z.string(),
  dropoff_object_name: z.string(),
  pickup_lat: z.number(),
  pickup_lon: z.number(),
  dropoff_lat: z.number(),
  dropoff_lon: z.number(),
  pickup_coordinate: place,
  dropoff_coordinate: place,
  desired_pickup_time: at,
  has_companion: z.boolean(),
  note: z.string(),
  status: z.enum(orderStates),
  status_display: z.string(),
  created_at: at,
  assigned_at: at.nullable(),
  completed_at: at.nullable(),
  assignment_reason: z.string(),
  rejection_reason: z.string(),
  video_recording: z.boolean(),
  upload_started: z.boolean(),
  seats_needed: z.number().int(),
  distance_km: z.number(),
  waiting_time_minutes: z.number().int(),
  estimated_price: z.string(),
  final_price: z.string().nullable(),
  price_breakdown: z.record(z.string(), z.string()).nullable(),
});
export type Order = z.output<typeof Order>;

/** Every event is `{type, data}`. */
const event = <S extends z.ZodType>(data: S) => z.object({ data });

export const signals = ["live", "stale", "lost"] as const;

export const DriverLocation = z.object({
  driver_id: z.string(),
  lat: z.number(),
  lon: z.number(),
  timestamp: at,
  name: z.string(),
  car_model: z.string(),
  is_online: z.boolean(),
  /** How old the position is, judged by the server: live, stale or lost. */
  signal: z.enum(signals),
  age_ms: z.number().int(),
  speed: z.number().nullable(),
  heading: z.number().nullable(),
});
export type DriverLocation = z.output<typeof DriverLocation>;

export const Eta = z.object({
  driver_id: z.string(),
  order_id: z.string(),
  /** When the driver will be there. */
  eta: at,
  eta_timestamp: at,
  distance_m: z.number().int(),
  distance_km: z.number(),
  duration_minutes: z.number(),
  duration_seconds: z.number().int(),
  /** `pickup` on the way to the passenger, `dropoff` with him. */
  target: z.enum(["pickup", "dropoff"]),
  /** Which one it was: a straight line and an average speed, or a route on streets. */
  source: z.enum(["straight_line", "osrm"]),
});
export type Eta = z.output<typeof Eta>;

export const Route = z.object({
  order_id: z.string(),
  driver_id: z.string().nullable(),
  /** [lat, lon] along the way. */
  route: z.array(z.array(z.number())),
  distance_m: z.number().int(),
  duration_seconds: z.number().int(),
  source: z.enum(["straight_line", "osrm"]),
});

const StatusChange = z.object({
  order_id: z.string(),
  status: z.enum(orderStates),
  status_display: z.string(),
});
const Assigned = z.object({
  order_id: z.string(),
  driver: z.object({ id: z.string(), name: z.string(), car_model: z.string(), plate_number: z.string() }),
});
const Offer = z.object({ order_id: z.string(), expires_at: at, order: Order });
const location = latest(event(DriverLocation), ({ data }) => data.driver_id);
const eta = latest(event(Eta), ({ data }) => data.order_id);
const route = latest(event(Route), ({ data }) => data.order_id);

export const orderOutgoing = {
  order_update: durable(event(Order)),
  order_status_changed: durable(event(StatusChange)),
  driver_assigned: durable(event(Assigned)),
  driver_location_update: location,
  driver_eta_update: eta,
  driver_route_update: route,
  order_route_update: route,
  pong: z.object({}),
};
export const driverOutgoing = {
  new_order: durable(event(Order)),
  order_update: durable(event(Order)),
  /** An order to accept or decline in time. */
  order_offer: durable(event(Offer)),
  order_offer_ended: durable(event(z.object({ order_id: z.string(), status: z.string() }))),
  /** What became of positions that were sent: counts of those that were dropped, by reason. */
  location_result: event(
    z.object({ accepted: z.number().int(), dropped: z.record(z.string(), z.number().int()) }),
  ),
  pong: z.object({}),
};
export const passengerOutgoing = {
  order_update: durable(event(Order)),
  driver_arrived: durable(event(z.object({ order_id: z.string(), driver_id: z.string() }))),
  pong: z.object({}),
};

export const MapOrder = z.object({
  id: z.string(),
  pickup_title: z.string(),
  pickup_object_name: z.string(),
  pickup_lat: z.number(),
  pickup_lon: z.number(),
  dropoff_title: z.string(),
  dropoff_object_name: z.string(),
  dropoff_lat: z.number(),
  dropoff_lon: z.number(),
  status: z.enum(orderStates),
  driver_id: z.string().nullable(),
  passenger: z.object({ id: z.string(), full_name: z.string() }),
  created_at: at,
});
export const MapDriver = z.object({
  id: z.string(),
  name: z.string(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  is_online: z.boolean(),
  car_model: z.string(),
  plate_number: z.string(),
  region: z.string().nullable(),
  last_location_update: at.nullable(),
  signal: z.enum(signals),
  age_ms: z.number().int().nullable(),
});
export const MapData = z.object({
  drivers: z.array(MapDriver),
  orders: z.array(MapOrder),
  drivers_count: z.number().int(),
  orders_count: z.number().int(),
});

const DriverStatus = z.object({
  driver_id: z.string(),
  is_online: z.boolean(),
  name: z.string(),
  car_model: z.string(),
  status: z.enum(driverStates),
});

export const mapOutgoing = {
  /** First of all; clients that do not know it load the same over HTTP. */
  map_snapshot: event(MapData.extend({ cursor: z.string() })),
  driver_location_update: location,
  /** What changed since the last one, one entry for each driver; for clients that asked for it (`batch`). */
  driver_locations: event(z.object({ drivers: z.array(DriverLocation) })),
  driver_status_update: durable(event(DriverStatus)),
  driver_removed: durable(event(z.object({ driver_id: z.string() }))),
  order_created: durable(event(Order)),
  order_update: durable(event(Order)),
  driver_eta_update: eta,
  driver_route_update: route,
  order_route_update: route,
  pong: z.object({}),
};

/** What a device says beside the place: nonsense, such as the -1 of some phones or JSON's 1e999, is nothing. */
const beside = z
  .unknown()
  .transform((value) => (Number.isFinite(value) && (value as number) >= 0 ? (value as number) : null))
  .optional();

/** ISO 8601, or milliseconds since 1970. */
export const DeviceTime = z.union([z.iso.datetime({ offset: true }), z.number()]);

/** A position as a driver's device sends it. Numbers as texts are no numbers. */
export const Position = z.object({
  lat: z.number(),
  lon: z.number(),
  accuracy: beside,
  speed: beside,
  heading: beside,
  /** When he was there; now, if absent. */
  at: DeviceTime.nullish(),
});
export type Position = z.output<typeof Position>;

export const driverIncoming = {
  ping: z.object({}),
  /** One position, or several after a dead zone. */
  location: {
    // Each is judged by itself: a bad one must not take the others of a dead zone with it.
    body: z.looseObject({
      lat: z
        .unknown()
        .optional()
        .describe("Degrees; with `lon`, `accuracy`, `speed`, `heading` and `at` beside it"),
      sent_at: z
        .unknown()
        .optional()
        .describe("What the device's clock says now: if it is wrong, `at` is put right"),
      points: z.array(z.unknown()).max(500).optional().describe("Several of the same after a dead zone"),
    }),
    rate: { perSecond: 5, burst: 50 },
  },
  accept: z.object({ order_id: z.string().max(60) }),
  decline: z.object({ order_id: z.string().max(60) }),
  status: z.object({
    order_id: z.string().max(60),
    status: z.enum(orderStates),
    reason: z.string().max(500).optional(),
  }),
  online: z.object({ is_online: z.boolean() }),
};

export const mapIncoming = {
  ping: z.object({}),
  /** Only drivers within these degrees, from now on; `batch`: many of them in one message. */
  viewport: z.object({
    south: z.number().min(-90).max(90).optional(),
    north: z.number().min(-90).max(90).optional(),
    west: z.number().optional().describe("Maps that go round the world count on beyond 180"),
    east: z.number().optional(),
    batch: z.boolean().optional(),
  }),
};

export const orderTopic = (id: string): string => `order:${id}`;
export const driverTopic = (id: number): string => `driver:${id}`;
export const passengerTopic = (id: number): string => `passenger:${id}`;
export const mapTopic = "dispatch_map";

export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));
