/** All queries of this feature; none of them runs by itself. */
export * from "./repo/conversations.ts";
export * from "./repo/filing.ts";
export * from "./repo/inboxes.ts";
export * from "./repo/messages.ts";
export { countMessages, newestMessage } from "./repo/newest.ts";
export * from "./repo/search.ts";
export * from "./repo/stats.ts";
export * from "./repo/suspicion.ts";
export * from "./repo/tables.ts";
export * from "./repo/tools.ts";
