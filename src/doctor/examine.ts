import { type Clock, systemClock } from "../core/clock.ts";
import { causes } from "./causes.ts";
import type { Options } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { type Finding, type Report, type Stage, stages } from "./report.ts";
import { secretsOf } from "./secrets.ts";
import { authStage } from "./stages/auth.ts";
import { dnsStage } from "./stages/dns.ts";
import { heartbeatStage } from "./stages/heartbeat.ts";
import { httpStage } from "./stages/http.ts";
import { idleStage } from "./stages/idle.ts";
import { parallelStage } from "./stages/parallel.ts";
import { payloadStage } from "./stages/payload.ts";
import { tcpStage } from "./stages/tcp.ts";
import { tlsStage } from "./stages/tls.ts";
import { upgradeStage } from "./stages/upgrade.ts";
import { judgePage, type Parsed, readUrl } from "./stages/url.ts";
import { originOf } from "./target.ts";
import { type Language, toReport } from "./tell.ts";
import { Walk } from "./walk.ts";

/** In the order of `stages`; `url` goes before all, since it says what to walk to. */
const walked: readonly (readonly [Exclude<Stage, "url">, (walk: Walk) => Promise<Outcome>])[] = [
  ["dns", dnsStage],
  ["tcp", tcpStage],
  ["tls", tlsStage],
  ["http", httpStage],
  ["upgrade", upgradeStage],
  ["auth", authStage],
  ["heartbeat", heartbeatStage],
  ["idle", idleStage],
  ["payload", payloadStage],
  ["parallel", parallelStage],
];

export interface Examination extends Options {
  readonly lang?: Language | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Walks the way of a connection, stage by stage, and stops at the first that is broken. Never throws for what is wrong
 * with the server, the network or the URL: that is what the report says.
 */
export async function examine(url: string, options: Examination = {}): Promise<Report> {
  const { clock = systemClock, lang = "en" } = options;
  const started = clock.monotonic();
  const at = new Date(clock.now()).toISOString();
  const parsed = readUrl(url);
  const outcome =
    parsed.target === undefined
      ? parsed.outcome
      : judgePage(parsed.outcome, parsed.target, originOf(options));
  const first: Finding = { stage: "url", ...outcome, ms: clock.monotonic() - started };
  const { findings, facts } = await walkFrom(parsed, first, options, clock);
  const secrets = secretsOf(url, parsed.target, options);
  return toReport(
    { url: secrets.hide(url), at, findings: secrets.hideAll(findings), facts: secrets.hideAll(facts) },
    lang,
  );
}

async function walkFrom({ target }: Parsed, first: Finding, options: Options, clock: Clock) {
  if (target === undefined || first.verdict === "broken") return { findings: [first], facts: {} };
  const walk = new Walk(target, options, clock);
  try {
    const findings = await walkAll(walk, first);
    return { findings, facts: walk.facts };
  } finally {
    walk.close();
  }
}

async function walkAll(walk: Walk, first: Finding): Promise<Finding[]> {
  let findings = [first];
  for (const [stage, examineStage] of walked) {
    const started = walk.clock.monotonic();
    const outcome = await examineStage(walk);
    const ms = walk.clock.monotonic() - started;
    findings = withFinding(findings, {
      stage: outcome.cause === undefined ? stage : causes[outcome.cause].stage,
      ...outcome,
      ms,
    });
    if (outcome.verdict === "broken") break;
  }
  return findings;
}

/** A stage may find out what an earlier one could not see, such as a client certificate that is asked for late. */
function withFinding(findings: readonly Finding[], finding: Finding): Finding[] {
  const place = (each: Finding) => stages.indexOf(each.stage);
  return [...findings.filter((each) => place(each) < place(finding)), finding];
}
