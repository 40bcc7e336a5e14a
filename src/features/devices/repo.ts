/** All queries of this feature; none of them runs by itself. */
export * from "./repo/commands.ts";
export * from "./repo/devices.ts";
export * from "./repo/logs.ts";
export * from "./repo/photos.ts";
export * from "./repo/tables.ts";
export * from "./repo/tokens.ts";
