import type { Clock } from "../../core/clock.ts";
import type { Contact } from "../../features/inbox/platform.ts";
import type { Graph } from "./graph.ts";
import { type Json, textOf } from "./json.ts";

/** Meta wants its webhook answered within 5 s: names may take one of them. */
const patience = 1_000;
const timeout = 10_000;
/** Pictures' addresses live for a few days. */
const freshFor = 24 * 3_600_000;
const failedFor = 5 * 60_000;
const maxProfiles = 10_000;
const maxUnderWay = 50;
/** What may stand in a path: `..` would ask for something else. */
const scopedId = /^\w{1,100}$/;

type Profile = Omit<Contact, "id">;

export const nameless: Profile = { firstName: "Instagram user", lastName: "" };

/** Names of customers from Meta's profile API, remembered for a day. */
export class Profiles {
  readonly #graph: Graph;
  readonly #clock: Clock;
  readonly #known = new Map<string, { profile: Profile; until: number }>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(graph: Graph, clock: Clock) {
    this.#graph = graph;
    this.#clock = clock;
  }

  /** Waits a second at most. Who is not known by then is "Instagram user"; his name comes with his next message. */
  async contacts(ids: readonly string[]): Promise<(id: string) => Contact> {
    const lookups = [...new Set(ids)].flatMap((id) => this.#lookUp(id) ?? []);
    if (lookups.length > 0) await this.#patiently(Promise.all(lookups));
    return (id) => ({ id, ...(this.#known.get(id)?.profile ?? nameless) });
  }

  #lookUp(id: string): Promise<void> | undefined {
    if (!scopedId.test(id)) return undefined;
    if ((this.#known.get(id)?.until ?? 0) > this.#clock.monotonic()) return undefined;
    const running = this.#underWay.get(id);
    if (running !== undefined || this.#underWay.size >= maxUnderWay) return running;
    const lookup = this.#fetch(id).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, lookup);
    return lookup;
  }

  async #fetch(id: string): Promise<void> {
    const answer = await this.#graph.call({
      method: "GET",
      path: [id],
      query: { fields: "name,username,profile_pic" },
      timeout,
    });
    if (answer.kind === "ok") this.#remember(id, toProfile(answer.body), freshFor);
    // An old name is better than none.
    else this.#remember(id, this.#known.get(id)?.profile ?? nameless, failedFor);
  }

  #remember(id: string, profile: Profile, ms: number): void {
    this.#known.delete(id);
    this.#known.set(id, { profile, until: this.#clock.monotonic() + ms });
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxProfiles && oldest !== undefined) this.#known.delete(oldest);
  }

  async #patiently(work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(patience, resolve);
    await Promise.race([work, promise]);
    cancel();
  }
}

function toProfile(body: Json): Profile {
  const username = textOf(body.username);
  const name = textOf(body.name)?.trim() || username || nameless.firstName;
  const [firstName = name, ...others] = name.split(/\s+/);
  return {
    ...(name === nameless.firstName ? nameless : { firstName, lastName: others.join(" ") }),
    ...(username === undefined ? {} : { username }),
    ...(textOf(body.profile_pic) === undefined ? {} : { picture: textOf(body.profile_pic) }),
  };
}
