import { missing, outsideAddress } from "../../kit/program.ts";
import { whyNoNetworks } from "./network.ts";

const installed = (program: string) => (): string =>
  missing(["sh", "-c", `command -v ${program}`], `${program} is missing; .ci/run installs it`);

const importable = (name: string) => (): string =>
  missing(["python3", "-c", `import ${name}`], `Python's ${name} is missing; .ci/run installs it`);

/** What a case may need of this machine, and how one finds out: `""` is yes, else why not. */
const checks = {
  networks: whyNoNetworks,
  nginx: installed("nginx"),
  caddy: installed("caddy"),
  haproxy: installed("haproxy"),
  apache: installed("apache2"),
  openssl: installed("openssl"),
  python: installed("python3"),
  uvicorn: importable("uvicorn"),
  websockets: importable("websockets"),
  "outer address": () => (outsideAddress() === undefined ? "this machine has no address but loopback" : ""),
} as const;

export type Need = keyof typeof checks;

const known = new Map<Need, string>();

/** Why something cannot be had here; `""`: it can. Each is looked for once. */
export function whyNot(need: Need): string {
  const reason = known.get(need) ?? checks[need]();
  known.set(need, reason);
  return reason;
}
