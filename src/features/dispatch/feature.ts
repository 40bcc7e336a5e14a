import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Feature, Job } from "../../core/feature.ts";
import type { HttpEnv } from "../../core/http.ts";
import { driverChannel } from "./channels/driver.ts";
import { mapChannel } from "./channels/map.ts";
import { orderChannel } from "./channels/order.ts";
import { passengerChannel } from "./channels/passenger.ts";
import { testChannel } from "./channels/test.ts";
import { tick } from "./live-map.ts";
import { addDispatchRoutes } from "./routes/dispatch.ts";
import { addDriverRoutes } from "./routes/drivers.ts";
import { type Kit, newRoutes } from "./routes/kit.ts";
import { addOrderRoutes } from "./routes/orders.ts";
import { addPassengerRoutes } from "./routes/passengers.ts";
import { addRegionRoutes } from "./routes/regions.ts";
import type { Dispatch } from "./service.ts";

/** Orders, drivers, passengers and the live map (seed 004). */
export const dispatchFeature = (dispatch: Dispatch, kit: Kit): Feature<OpenAPIHono<HttpEnv>> => ({
  name: "dispatch",
  channels: [
    testChannel(dispatch.deps.clock),
    orderChannel(dispatch),
    driverChannel(dispatch),
    passengerChannel(dispatch),
    mapChannel(dispatch),
  ],
  routes: createRoutes(dispatch, kit),
  jobs: jobs(dispatch),
  start: () => dispatch.start(),
  stop: () => dispatch.positions.stop(),
});

function createRoutes(dispatch: Dispatch, kit: Kit): OpenAPIHono<HttpEnv> {
  const app = newRoutes();
  addDispatchRoutes(app, dispatch, kit);
  addOrderRoutes(app, dispatch, kit);
  addDriverRoutes(app, dispatch, kit);
  addPassengerRoutes(app, dispatch, kit);
  addRegionRoutes(app, dispatch, kit);
  return app;
}

const jobs = ({ map, positions, offers }: Dispatch): Job[] => [
  { name: "dispatch.map", every: tick, run: () => map.turn() },
  { name: "dispatch.signals", every: 1_000, run: () => positions.judgeSignals() },
  { name: "dispatch.track", every: 1_000, run: () => positions.flush() },
  { name: "dispatch.offers", every: 1_000, run: () => offers.sweep() },
  { name: "dispatch.forget_track", every: 300_000, run: () => positions.forget() },
];
