export * from "./repo/offers.ts";
export * from "./repo/orders.ts";
export * from "./repo/people.ts";
export * from "./repo/tables.ts";
export * from "./repo/track.ts";
