import { z } from "zod";
import { type CauseName, causes } from "./causes.ts";
import { lines } from "./lines.ts";
import { type Report, stages } from "./report.ts";

const causeNames = Object.keys(causes) as [CauseName, ...CauseName[]];

const party = z.enum(["you", "network", "proxy", "server", "token"]);

const remedy = z.object({
  where: z.string().describe("Where it belongs: nginx, Caddy, ufw, shell, …"),
  text: z.string().describe("A command to run, or lines to write"),
  fits: z.exactOptional(z.literal(true)).describe("It fits who answered, or what he said"),
});

const finding = z.object({
  stage: z.enum(stages),
  verdict: z
    .enum(["ok", "warning", "broken", "skipped"])
    .describe(
      "broken: the walk ends here; warning: it works, but somebody will feel it; skipped: not asked for",
    ),
  cause: z.exactOptional(z.enum(causeNames)).describe("Where it is a warning or broken"),
  party: z.exactOptional(party).describe("Who can mend it, where there is a cause"),
  line: z.exactOptional(z.enum(lines)).describe("The name of the sentence in `saw`, where there is no cause"),
  facts: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .describe("What was measured; never a whole token"),
  ms: z.number().describe("Milliseconds that the stage took"),
  saw: z.string().describe("What was seen, in the language asked for"),
  means: z.string().describe("What that means; empty where nothing is wrong"),
  next: z.string().describe("The one thing to do next; empty where nothing is wrong"),
  remedies: z.array(remedy).describe("Those that fit come first"),
});

/** What `peyk doctor --json` prints: one document on stdout. */
export const reportSchema = z.object({
  schema: z.literal("peyk-doctor/1").describe("Names and types of this version stay; new fields may come"),
  url: z.string().describe("As it was asked for, without its secrets"),
  at: z.iso.datetime(),
  verdict: z.enum(["ok", "warning", "broken"]),
  stage: z.exactOptional(z.enum(stages)).describe("Where it is broken, else the first warning"),
  cause: z.exactOptional(z.enum(causeNames)),
  party: z.exactOptional(party),
  findings: z.array(finding).describe("In the order of the way: one for each stage that was walked"),
}) satisfies z.ZodType<Report>;
