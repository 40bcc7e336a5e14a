import type { Customers } from "./customers.ts";
import { answerOf, refusal } from "./refusals.ts";

/** What a request was about: faults are set by it, and tests wait for it. */
export type MetaRoute = "send" | "typing" | "profile" | "me" | "subscriptions" | "refresh" | "file";

export interface MetaCall {
  readonly route: MetaRoute;
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
}

export const metaVersion = "v23.0";
const day = 86_400_000;

export interface GraphApiParts {
  readonly accountId: string;
  readonly accessToken: string;
  readonly customers: Customers;
  readonly now: () => number;
  /** Called with every text that a customer has got. */
  readonly sent: (igsid: string, mid: string, text: string) => void;
}

/** The Graph API of one account, as strict as Meta's. */
export class GraphApi {
  subscribed = ["messages", "messaging_postbacks", "messaging_seen", "message_edit"];
  subscribable = [...this.subscribed, "message_reactions"];
  /** What Meta says of the token while it is dead. */
  tokenProblem: string | undefined;
  /** The token that counts, and when it was made. */
  accessToken: string;
  tokenMadeAt: number;
  readonly #parts: GraphApiParts;
  #messages = 0;
  #renewals = 0;

  constructor(parts: GraphApiParts) {
    this.#parts = parts;
    this.accessToken = parts.accessToken;
    this.tokenMadeAt = parts.now();
  }

  mid(): string {
    return Buffer.from(`ig_message:${this.#parts.accountId}:${++this.#messages}`).toString("base64");
  }

  answer({ route, method, url, body }: MetaCall, headers: Headers): Response {
    if (route === "refresh") return this.#refresh(method, url, headers);
    const token = headers.get("authorization")?.replace(/^Bearer /, "");
    if (this.tokenProblem !== undefined) return answerOf(refusal(401, 190, this.tokenProblem, 463));
    if (token === undefined) return answerOf(refusal(401, 190, "An access token is required."));
    if (token !== this.accessToken) return answerOf(refusal(401, 190, `Malformed access token ${token}`));
    const [root, node = "", edge] = url.pathname.slice(1).split("/");
    if (root !== metaVersion) return answerOf(refusal(400, 2500, "Unknown path components"));
    if (route === "me") return Response.json({ ...this.#me(url), id: "24000000000000001" });
    if (route === "profile" && method === "GET" && edge === undefined) return this.#profile(node);
    if (node !== this.#parts.accountId && node !== "me")
      return answerOf(refusal(400, 100, `Unsupported request. Object with ID '${node}' does not exist`, 33));
    return route === "subscriptions" ? this.#subscriptions(method, url) : this.#take(body);
  }

  /** As documented: no version in the path, the token in the query, at least a day old, for another 60 days. */
  #refresh(method: string, { pathname, searchParams }: URL, headers: Headers): Response {
    if (method !== "GET" || pathname !== "/refresh_access_token" || headers.has("authorization"))
      return answerOf(refusal(400, 2500, "Unknown path components"));
    if (searchParams.get("grant_type") !== "ig_refresh_token")
      return answerOf(refusal(400, 100, "Unsupported grant_type"));
    if (this.tokenProblem !== undefined) return answerOf(refusal(401, 190, this.tokenProblem, 463));
    const token = searchParams.get("access_token") ?? "";
    if (token !== this.accessToken) return answerOf(refusal(401, 190, `Malformed access token ${token}`));
    if (this.#parts.now() - this.tokenMadeAt < day)
      return answerOf(refusal(400, 10, "The access token must be at least 24 hours old."));
    this.accessToken = `${this.#parts.accessToken}-${++this.#renewals}`;
    this.tokenMadeAt = this.#parts.now();
    return Response.json({ access_token: this.accessToken, token_type: "bearer", expires_in: 60 * 86_400 });
  }

  #me(url: URL): Record<string, unknown> {
    const all: Record<string, unknown> = { user_id: this.#parts.accountId, username: "tea_house" };
    const asked = (url.searchParams.get("fields") ?? "").split(",");
    return Object.fromEntries(Object.entries(all).filter(([key]) => asked.includes(key)));
  }

  #profile(igsid: string): Response {
    const profile = this.#parts.customers.has(igsid) ? this.#parts.customers.get(igsid).profile : undefined;
    if (profile === undefined)
      return answerOf(refusal(400, 230, "User consent is required to access user profile"));
    return Response.json({ id: igsid, ...profile });
  }

  #subscriptions(method: string, url: URL): Response {
    if (method === "GET")
      return Response.json({
        data: this.subscribed.length === 0 ? [] : [{ id: "9000", subscribed_fields: this.subscribed }],
      });
    const fields = (url.searchParams.get("subscribed_fields") ?? "").split(",");
    const unknown = fields.find((field) => !this.subscribable.includes(field));
    if (unknown !== undefined)
      return answerOf(refusal(400, 100, `Param subscribed_fields has an unknown field: ${unknown}`));
    this.subscribed = fields;
    return Response.json({ success: true });
  }

  #take(body: unknown): Response {
    const mid = this.mid();
    const refused = this.#parts.customers.take(body, mid);
    if (refused !== undefined) return answerOf(refused);
    // `take` has looked at both.
    const { recipient, message } = body as { recipient: { id: string }; message?: { text: string } };
    if (message === undefined) return Response.json({ recipient_id: recipient.id });
    this.#parts.sent(recipient.id, mid, message.text);
    return Response.json({ recipient_id: recipient.id, message_id: mid });
  }
}

export function routeOf({ pathname }: URL, body: unknown): MetaRoute {
  if (pathname.startsWith("/files/")) return "file";
  if (pathname.endsWith("/refresh_access_token")) return "refresh";
  if (pathname.endsWith("/subscribed_apps")) return "subscriptions";
  if (pathname.endsWith("/me")) return "me";
  if (!pathname.endsWith("/messages")) return "profile";
  return typeof body === "object" && body !== null && "sender_action" in body ? "typing" : "send";
}
