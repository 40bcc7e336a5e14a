import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Program } from "../../kit/program.ts";
import { tempDir } from "../../kit/temp.ts";

/** The server's addresses in every network below. */
export const there = { v4: "10.77.0.2", v6: "fd77::2" } as const;

/** `""` where this process may make networks of its own, else why not. */
export function whyNoNetworks(): string {
  const script = "ip link add name one type veth peer name two && nft add table inet peyk";
  const { exitCode, stderr } = spawnQuietly(["unshare", "--net", "--mount", "sh", "-ec", script]);
  return exitCode === 0 ? "" : `no network namespaces here (root, ip and nft are needed): ${stderr}`.trim();
}

function spawnQuietly(command: string[]): { exitCode: number; stderr: string } {
  try {
    const { exitCode, stderr } = Bun.spawnSync(command);
    return { exitCode, stderr: stderr.toString() };
  } catch (error) {
    return { exitCode: 127, stderr: String(error) };
  }
}

export interface NetworkOptions {
  /** Rules of nftables on the server's side, for what comes in: `tcp dport 8000 drop`. */
  readonly firewall?: string;
  /** Commands on the client's side. */
  readonly routes?: string;
  /** Lines of /etc/hosts on the client's side. */
  readonly hosts?: string;
  /** Its one name server; without it, none answers. */
  readonly nameServer?: string;
}

/** Two machines and a cable between them. Each is a namespace that lives as long as a process of this test. */
export interface Network {
  /** The words before a command, to run it on the client's side. */
  readonly here: readonly string[];
  /** The same for the server's side. */
  readonly there: readonly string[];
}

export async function network(stack: AsyncDisposableStack, options: NetworkOptions = {}): Promise<Network> {
  const { path: folder } = stack.use(tempDir());
  const [client, server] = await Promise.all([namespace(stack), namespace(stack)]);
  writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost\n::1 localhost\n${options.hosts ?? ""}\n`);
  writeFileSync(join(folder, "resolv.conf"), resolver(options.nameServer ?? "127.0.0.1"));
  await run(["sh", "-ec", cable(client.pid, server.pid)]);
  await run([...server.enter, "sh", "-ec", serverSide(options.firewall)]);
  await run([...client.enter, "sh", "-ec", clientSide(folder, options.routes ?? "")]);
  return { here: client.enter, there: server.enter };
}

const resolver = (address: string) => `nameserver ${address}\noptions timeout:1 attempts:1\n`;

const cable = (client: number, server: number) =>
  `ip link add cable netns ${client} type veth peer name cable netns ${server}`;

// An address of version 6 counts at once: nobody else can have it.
const address = (last: number) => `
ip address add 10.77.0.${last}/24 dev cable
ip address add fd77::${last}/64 dev cable nodad
ip link set lo up
ip link set cable up`;

const serverSide = (firewall = "") => `${address(2)}
nft -f - <<END
table inet firewall {
  chain input {
    type filter hook input priority 0;
    ${firewall}
  }
}
END`;

const clientSide = (folder: string, routes: string) => `${address(1)}
mount --bind ${folder}/hosts /etc/hosts
mount --bind ${folder}/resolv.conf /etc/resolv.conf
${routes}`;

interface Namespace {
  readonly pid: number;
  readonly enter: readonly string[];
}

/** Holds a network and a view of the files for itself. It ends with this process, even if that is killed. */
async function namespace(stack: AsyncDisposableStack): Promise<Namespace> {
  const holder = stack.use(Program.start(["unshare", "--net", "--mount", "sh", "-c", "echo $$; exec cat"]));
  await holder.prints("\n");
  const pid = Number(holder.output.trim());
  return { pid, enter: ["nsenter", "--target", String(pid), "--net", "--mount"] };
}

async function run(command: readonly string[]): Promise<void> {
  await using program = Program.start(command);
  await program.finish();
}
