import type { LocalCheck } from "../catalogue.ts";
import type { Situation } from "../situation.ts";
import { addressesCheck } from "./addresses.ts";
import { certificateCheck } from "./certificate.ts";
import { clockCheck } from "./clock.ts";
import { databaseCheck } from "./database.ts";
import { descriptorsCheck } from "./descriptors.ts";
import { diskCheck } from "./disk.ts";
import { firewallCheck } from "./firewall.ts";
import { memoryCheck } from "./memory.ts";
import { nodesCheck } from "./nodes.ts";
import { portsCheck } from "./ports.ts";
import { platformsCheck, proxyCheck, serverCheck } from "./server.ts";
import { settingsCheck } from "./settings.ts";

/** Everything that `peyk doctor --local` looks at, beside a running server or without one. */
export const localChecks = (situation: Situation): LocalCheck[] => [
  portsCheck(situation),
  addressesCheck(situation),
  firewallCheck(situation),
  serverCheck(situation),
  proxyCheck(situation),
  certificateCheck(situation),
  settingsCheck(situation),
  databaseCheck(situation),
  diskCheck({
    ...situation,
    dataDir: situation.config.dataDir,
    runs: async () => (await situation.server()) !== undefined,
  }),
  nodesCheck(situation),
  platformsCheck(situation),
  descriptorsCheck(situation),
  memoryCheck(situation),
  clockCheck(situation),
];
