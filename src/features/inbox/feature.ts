import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Feature, Job } from "../../core/feature.ts";
import type { Check } from "../../core/health.ts";
import type { HttpEnv } from "../../core/http.ts";
import { chatChannel } from "./channels/chat.ts";
import { conversationsChannel } from "./channels/conversations.ts";
import { widgetChannel } from "./channels/widget.ts";
import { addConversationRoutes } from "./routes/conversations.ts";
import { addInboxRoutes } from "./routes/inboxes.ts";
import type { Kit } from "./routes/kit.ts";
import { addPlatformRoutes } from "./routes/platforms.ts";
import { addStatsRoutes } from "./routes/stats.ts";
import { addToolRoutes } from "./routes/tools.ts";
import type { Inbox } from "./service.ts";

/** Support conversations with customers of Telegram, Instagram and the web widget (seed 002). */
export const inboxFeature = (inbox: Inbox, kit: Kit): Feature<OpenAPIHono<HttpEnv>> => ({
  name: "inbox",
  channels: [conversationsChannel(inbox), chatChannel(inbox), widgetChannel(inbox)],
  routes: createRoutes(inbox, kit),
  jobs: jobs(inbox),
  checks: [platformsCheck(inbox)],
  start: () => inbox.start(),
  stop: () => inbox.inboxes.running.stop(),
});

function createRoutes(inbox: Inbox, kit: Kit): OpenAPIHono<HttpEnv> {
  const app = kit.newRoutes();
  addInboxRoutes(app, inbox, kit);
  addConversationRoutes(app, inbox, kit);
  addToolRoutes(app, inbox, kit);
  addPlatformRoutes(app, inbox, kit);
  addStatsRoutes(app, inbox, kit);
  return app;
}

/** Messages that are indexed at once: some 1.3 ms of the store's writer, for which everything else waits (bench I5). */
const indexStep = 50;

/**
 * Milliseconds that the index, or the counting, rests after a step that took so many. These may be late, messages may not: a step
 * that had to wait, because the store is busy, is followed by a much longer rest. So an idle store catches up soon,
 * and a busy one is left alone (bench I5).
 */
const restAfter = (ms: number): number => Math.min(1_000, 10 * ms ** 3);

/** Messages that are counted at once for stats: some milliseconds of the store's writer at worst. */
const countStep = 500;

/** Newest messages that are looked through to find those of one conversation, some 0.3 ms; filing as many takes 1 ms. */
const fileStep = 2_000;

const jobs = (inbox: Inbox): Job[] => [
  { name: "inbox.file", every: 100, run: () => inbox.conversations.file(fileStep) },
  { name: "inbox.index", every: 500, run: () => inSteps(inbox, () => inbox.conversations.index(indexStep)) },
  { name: "inbox.count", every: 1_000, run: () => inSteps(inbox, () => inbox.stats.count(countStep)) },
  { name: "inbox.forget_silent", every: 60_000, run: () => inbox.talk.forgetSilent() },
  { name: "inbox.forget_updates", every: 3_600_000, run: () => inbox.forgetUpdates() },
];

/** What can wait is done in steps, with a rest after each. */
async function inSteps({ deps: { clock } }: Inbox, step: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const began = clock.monotonic();
    if (!(await step())) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(restAfter(clock.monotonic() - began), resolve);
    await promise;
  }
}

const platformsCheck = (inbox: Inbox): Check => ({
  name: "platforms",
  async run() {
    const problems = await inbox.inboxes.problems();
    if (problems.length === 0) return { verdict: "ok", saw: "every inbox reaches its platform", fix: "" };
    return { verdict: "warning", saw: problems.join("; "), fix: problems.join("; ") };
  },
});
