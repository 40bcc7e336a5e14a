import type { Clock } from "../../core/clock.ts";
import type { Feature } from "../../core/feature.ts";
import { testChannel } from "./channels/test.ts";

/** Seed 004's test socket; orders, drivers and the map will stand beside it. */
export const dispatchFeature = (clock: Clock): Feature<never> => ({
  name: "dispatch",
  channels: [testChannel(clock)],
});
