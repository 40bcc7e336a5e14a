/** The load generator, in a process of its own: holds sockets and loads them as it is told. */
import { answerCalls } from "../kit/child.ts";
import type { Client } from "./client.ts";
import { type Driven, type DrivePlan, drive } from "./drive.ts";
import { type Filmed, type FilmPlan, film } from "./film.ts";
import { type Logged, type LogPlan, log } from "./log.ts";
import { type Opened, type OpenPlan, openAll } from "./open.ts";
import { type Pinged, type PingPlan, pingPong } from "./ping.ts";
import { type StepPlan, type Stepped, step } from "./step.ts";
import { type Talked, type TalkPlan, talk } from "./talk.ts";

export type LoadCalls = {
  readonly open: (plan: OpenPlan) => Promise<Opened>;
  readonly ping: (plan: PingPlan) => Promise<Pinged>;
  readonly talk: (plan: TalkPlan) => Promise<Talked>;
  readonly film: (plan: FilmPlan) => Promise<Filmed>;
  readonly log: (plan: LogPlan) => Promise<Logged>;
  readonly drive: (plan: DrivePlan) => Promise<Driven>;
  readonly step: (plan: StepPlan) => Promise<Stepped>;
  /** Sockets that the server has ended so far. */
  readonly lost: () => number;
  readonly close: () => Promise<void>;
};

const clients: Client[] = [];

answerCalls({
  open: (plan: OpenPlan) => openAll(plan, clients),
  ping: (plan: PingPlan) => pingPong(plan, clients),
  talk: (plan: TalkPlan) => talk(plan, clients),
  film: (plan: FilmPlan) => film(plan, clients),
  log: (plan: LogPlan) => log(plan, clients),
  drive: (plan: DrivePlan) => drive(plan, clients),
  step: (plan: StepPlan) => step(plan, clients),
  lost: () => clients.filter(({ closed }) => closed !== undefined).length,
  async close() {
    for (const client of clients.splice(0)) client.close();
    await Bun.sleep(300);
  },
} satisfies LoadCalls);
