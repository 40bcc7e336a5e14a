import type { ConversationFilter } from "./repo.ts";

/** Default page: whoever does not know of pages must not lose conversations. */
export const pageSize = 50;
const maxPageSize = 500;

type Raw = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" && value !== "all"
    ? value
        .replace(/\p{Cc}/gu, " ")
        .trim()
        .slice(0, 200) || undefined
    : undefined;

const time = (value: unknown): number | undefined => {
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
};

const whole = (value: unknown): number | undefined => {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
};

const boolean = (value: unknown): boolean | undefined =>
  value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;

const orders = ["created_at", "updated_at", "title", "status", "priority"] as const;

/** Page size from 1 to 500; nothing or junk is the default. `offset` wins over `page`. */
export function pageOf(raw: Raw, fallback = pageSize): { limit: number; offset: number } {
  const wanted = whole(raw.page_size) ?? whole(raw.limit) ?? fallback;
  const limit = wanted < 1 ? fallback : Math.min(wanted, maxPageSize);
  const page = Math.max(1, whole(raw.page) ?? 1);
  const offset = whole(raw.offset) ?? (page - 1) * limit;
  return { limit, offset: Math.min(Math.max(0, offset), 10_000_000) };
}

/** What a client asked for, as far as it makes sense: junk is as if it were not there (wire of seed 002). */
export function toFilter(inboxes: readonly string[], raw: Raw): ConversationFilter {
  const order = text(raw.order_by) ?? "-updated_at";
  const name = order.replace(/^-/, "");
  const orderBy = orders.find((each) => each === name);
  const inbox = text(raw.inbox_id);
  const tags = Array.isArray(raw.tags)
    ? raw.tags.filter((tag) => typeof tag === "string").slice(0, 20)
    : undefined;
  return {
    inboxes: inbox === undefined ? inboxes : inboxes.filter((id) => id === inbox),
    status: text(raw.status),
    source: text(raw.source),
    priority: raw.priority === "all" ? undefined : whole(raw.priority),
    tags,
    dateFrom: time(raw.date_from),
    dateTo: time(raw.date_to),
    suspected: boolean(raw.suspected),
    unreadOnly: raw.unread_only === true || raw.unread_only === "true",
    assignedTo: typeof raw.assigned_to === "number" ? String(raw.assigned_to) : text(raw.assigned_to),
    search: text(raw.search),
    orderBy: orderBy ?? "updated_at",
    descending: orderBy === undefined || order.startsWith("-"),
    ...pageOf(raw),
  };
}
