import { Fault } from "../protocol/faults.ts";
import type { Channel } from "./channel.ts";

export interface Route {
  readonly channel: Channel;
  readonly params: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly channel: Channel;
  readonly segments: readonly string[];
  readonly slash: boolean;
  readonly fixed: number;
}

/**
 * Path → channel. A path as it is declared wins, fixed segments before params; only then is a trailing slash added or
 * taken away. So `/ws/test/` is the test channel, `/ws/test` the client named `test`, and `/ws/orders/7` an order.
 */
export class Router {
  readonly #patterns: readonly Pattern[];
  /** Paths without params, as they are declared: one route for all of their connections. */
  readonly #fixed: ReadonlyMap<string, Route>;
  readonly #hosts: ReadonlyMap<string, Pattern>;

  constructor(channels: readonly Channel[]) {
    this.#patterns = channels.map(toPattern).sort((a, b) => b.fixed - a.fixed);
    const fixed = this.#patterns.filter(({ segments }) => !segments.some((each) => each.startsWith(":")));
    // Of two channels with one path the first is found, as among patterns.
    this.#fixed = new Map(fixed.reverse().map((each) => [each.channel.path, toRoute(each, each.segments)]));
    this.#hosts = new Map(
      this.#patterns
        .filter(({ channel }) => channel.host !== undefined)
        .map((each) => [each.channel.host!, each]),
    );
  }

  /** Throws `bad_request` for a path that is not percent-encoded UTF-8; `undefined`: nobody declared it. */
  match(path: string, host: string): Route | undefined {
    const byHost = this.#hosts.get(host);
    if (byHost === undefined) {
      const known = this.#fixed.get(path);
      if (known !== undefined) return known;
    }
    const slash = path.length > 1 && path.endsWith("/");
    const segments = split(path);
    if (byHost !== undefined && fits(byHost, segments)) return toRoute(byHost, segments);
    const fitting = this.#patterns.filter((pattern) => fits(pattern, segments));
    const found = fitting.find((pattern) => pattern.slash === slash) ?? fitting[0];
    return found === undefined ? undefined : toRoute(found, segments);
  }
}

const split = (path: string): string[] => path.split("/").filter((segment) => segment !== "");

function toPattern(channel: Channel): Pattern {
  const segments = split(channel.path);
  const fixed = segments.filter((segment) => !segment.startsWith(":")).length;
  return { channel, segments, slash: channel.path.endsWith("/"), fixed };
}

const fits = ({ segments }: Pattern, actual: readonly string[]): boolean =>
  segments.length === actual.length &&
  segments.every((each, i) => each.startsWith(":") || each === actual[i]);

function toRoute({ channel, segments }: Pattern, actual: readonly string[]): Route {
  const params: Record<string, string> = {};
  segments.forEach((segment, i) => {
    if (segment.startsWith(":")) params[segment.slice(1)] = decodeSegment(actual[i]!);
  });
  return { channel, params };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (cause) {
    throw new Fault("bad_request", "the path is not percent-encoded UTF-8", { cause });
  }
}
