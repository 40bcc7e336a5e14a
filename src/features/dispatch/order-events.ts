import type { EventDraft } from "../../core/store.ts";
import type { DispatchDependencies } from "./dependencies.ts";
import { driverTopic, mapTopic, type Order, orderTopic, passengerTopic } from "./messages.ts";
import type { People } from "./people.ts";
import type { OrderRow, PassengerRow } from "./repo.ts";
import { finalMapStates, mapStates, type OrderState, stateLabels } from "./states.ts";
import { toOrder, withoutContacts } from "./view.ts";

type Publishers = Pick<DispatchDependencies, "toOrder" | "toDriver" | "toPassenger">;

interface Step {
  readonly before: OrderRow;
  readonly row: OrderRow;
  readonly passenger: PassengerRow;
  readonly now: number;
}

/** Each event once, in the order of seed 004's original: order, driver, passenger, what changed, map. */
export function toldOfStep(
  to: Publishers,
  people: People,
  { before, row, passenger, now }: Step,
): EventDraft[] {
  const data = toOrder(people, row, passenger, now);
  const { id, status, driver_id, passenger_id } = row;
  // The same frame for all: it is big, and everybody's.
  const update = to.toOrder.draft(orderTopic(id), "order_update", { data });
  const assigned = driver_id !== before.driver_id ? driver_id : null;
  const changed = { order_id: id, status, status_display: stateLabels[status] };
  return [
    update,
    ...(assigned === null ? [] : [to.toDriver.draft(driverTopic(assigned), "new_order", { data })]),
    ...(driver_id === null ? [] : [{ ...update, topic: driverTopic(driver_id) }]),
    ...toldWhoLost(to, data, before, row),
    { ...update, topic: passengerTopic(passenger_id) },
    to.toOrder.draft(orderTopic(id), "order_status_changed", { data: changed }),
    ...(assigned === null ? [] : [toldOfDriver(to, people, id, assigned)]),
    ...(status === "arrived_waiting" ? toldOfArrival(to, row) : []),
    ...(isOnMap(before.status, status) ? [{ ...update, topic: mapTopic }] : []),
  ];
}

function toldOfDriver({ toOrder: orders }: Publishers, people: People, order_id: string, driver: number) {
  const { id, name, car_model, plate_number } = people.requireDriver(driver);
  const data = { order_id, driver: { id: String(id), name, car_model, plate_number } };
  return orders.draft(orderTopic(order_id), "driver_assigned", { data });
}

function toldOfArrival({ toPassenger }: Publishers, { id, driver_id, passenger_id }: OrderRow): EventDraft[] {
  if (driver_id === null) return [];
  const data = { order_id: id, driver_id: String(driver_id) };
  return [toPassenger.draft(passengerTopic(passenger_id), "driver_arrived", { data })];
}

/** The driver who had it until now: that it is his no more, and not how to reach who has it. */
function toldWhoLost(to: Publishers, data: Order, before: OrderRow, row: OrderRow): EventDraft[] {
  if (before.driver_id === null || before.driver_id === row.driver_id) return [];
  const body = { data: withoutContacts(data) };
  return [to.toDriver.draft(driverTopic(before.driver_id), "order_update", body)];
}

const isOnMap = (before: OrderState, now: OrderState): boolean =>
  mapStates.includes(now) || finalMapStates.includes(now) || mapStates.includes(before);
