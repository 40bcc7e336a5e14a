/** The 16 states of an order, their Russian labels and the steps between them (wire of seed 004). */
export const orderStates = [
  "draft",
  "submitted",
  "awaiting_dispatcher_decision",
  "rejected",
  "created",
  "matching",
  "active_queue",
  "offered",
  "assigned",
  "driver_en_route",
  "arrived_waiting",
  "no_show",
  "ride_ongoing",
  "completed",
  "cancelled",
  "incident",
] as const;
export type OrderState = (typeof orderStates)[number];

export const stateLabels: Readonly<Record<OrderState, string>> = {
  draft: "Черновик",
  submitted: "Отправлено",
  awaiting_dispatcher_decision: "Ожидание решения диспетчера",
  rejected: "Отклонено",
  created: "Создан",
  matching: "Поиск водителя",
  active_queue: "В очереди",
  offered: "Предложение отправлено",
  assigned: "Назначено",
  driver_en_route: "Водитель в пути",
  arrived_waiting: "Ожидание пассажира",
  no_show: "Пассажир не пришел",
  ride_ongoing: "Поездка началась",
  completed: "Завершено",
  cancelled: "Отменено",
  incident: "Инцидент",
};

export const transitions: Readonly<Record<OrderState, readonly OrderState[]>> = {
  draft: ["submitted", "cancelled"],
  submitted: ["awaiting_dispatcher_decision", "rejected", "cancelled", "created", "matching"],
  awaiting_dispatcher_decision: ["active_queue", "matching", "rejected", "cancelled"],
  rejected: ["submitted", "cancelled"],
  created: ["matching", "cancelled"],
  matching: ["offered", "active_queue", "cancelled"],
  active_queue: ["matching", "offered", "assigned", "cancelled"],
  offered: ["assigned", "matching", "cancelled"],
  assigned: ["driver_en_route", "matching", "cancelled"],
  driver_en_route: ["arrived_waiting", "cancelled"],
  arrived_waiting: ["ride_ongoing", "no_show", "cancelled"],
  no_show: ["cancelled"],
  ride_ongoing: ["completed", "incident", "cancelled"],
  incident: ["completed", "cancelled"],
  completed: [],
  cancelled: ["submitted", "active_queue", "matching"],
};

/** What a driver may do with an order of his. */
export const driverSteps: readonly OrderState[] = [
  "driver_en_route",
  "arrived_waiting",
  "ride_ongoing",
  "completed",
  "cancelled",
];

/** Orders that the map shows. */
export const mapStates: readonly OrderState[] = [
  "submitted",
  "awaiting_dispatcher_decision",
  "active_queue",
  "assigned",
  "driver_en_route",
  "arrived_waiting",
  "ride_ongoing",
];
/** Nobody does anything more about these, unless somebody takes one up again. */
export const overStates: readonly OrderState[] = ["completed", "cancelled", "rejected", "no_show"];

/** With these it disappears from the map, which is told that once. */
export const finalMapStates: readonly OrderState[] = ["completed", "cancelled", "rejected", "draft"];

/** With one of these a driver can do nothing else; an incident leaves him where he is, with his passenger. */
export const underWayStates: readonly OrderState[] = [
  "driver_en_route",
  "arrived_waiting",
  "ride_ongoing",
  "incident",
];
/** A driver with one of these has an order to drive, now or later. */
export const busyStates: readonly OrderState[] = ["assigned", ...underWayStates];
/**
 * Milliseconds that one driver's pickups are apart at least, and before which an order is nobody's business: orders
 * are placed up to thirty days ahead.
 */
export const spacing = 2 * 3_600_000;

/** It is driven now, or will be soon: then its passenger sees where his driver is, and not before or after. */
export const isCurrent = (
  { status, desired_pickup_time }: { status: OrderState; desired_pickup_time: number },
  now: number,
): boolean =>
  underWayStates.includes(status) || (status === "assigned" && desired_pickup_time - now <= spacing);

/** An order without a driver that one may be given. */
export const assignable: readonly OrderState[] = [
  "submitted",
  "awaiting_dispatcher_decision",
  "created",
  "matching",
  "active_queue",
  "offered",
];

export const driverStates = [
  "offline",
  "online_idle",
  "offered",
  "enroute_to_pickup",
  "on_trip",
  "paused",
] as const;
export type DriverState = (typeof driverStates)[number];

/** What a driver is, from whether he is there and what he drives. */
export function driverState(isOnline: boolean, order: OrderState | undefined): DriverState {
  if (order === "ride_ongoing" || order === "incident") return "on_trip";
  if (order !== undefined && busyStates.includes(order)) return "enroute_to_pickup";
  if (order === "offered") return "offered";
  return isOnline ? "online_idle" : "offline";
}
