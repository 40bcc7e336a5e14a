import { join } from "node:path";
import { Program } from "../../kit/program.ts";
import { tempDir } from "../../kit/temp.ts";
import { broken, healthy, needing, type SetUp, type Target, warns } from "../kit/case.ts";
import { type Network, type NetworkOptions, network, there } from "../kit/network.ts";

const main = join(import.meta.dir, "..", "..", "..", "src", "main.ts");
const nameServer = join(import.meta.dir, "..", "kit", "name-server.ts");
const port = 8000;

/** Peyk on the machine at the other end of the cable, as its operator starts it. */
async function served({ there }: Network, stack: AsyncDisposableStack, host = "::"): Promise<void> {
  const { path } = stack.use(tempDir());
  const env = { DATA_DIR: path, HOST: host, PORT: String(port), LOG_FORMAT: "json" };
  const server = stack.use(Program.start([...there, process.execPath, main, "serve"], { cwd: path, env }));
  await server.prints("docs");
}

/** Asks for Peyk at this address from the client's side of such a network. */
const across =
  (address: string, options: NetworkOptions = {}, host?: string): SetUp =>
  async (stack): Promise<Target> => {
    const made = await network(stack, options);
    await served(made, stack, host);
    return { url: `ws://${address}:${port}/ws/test/`, command: made.here };
  };

/** Asks for a name, where this is what the name server does. */
const named =
  (name: string): SetUp =>
  async (stack) => {
    const made = await network(stack, { nameServer: there.v4 });
    const server = stack.use(Program.start([...made.there, process.execPath, nameServer, there.v4]));
    await server.prints("ready");
    return { url: `ws://${name}:${port}/ws/test/`, command: made.here };
  };

/** Nobody has this address. */
const dead = { v4: "10.77.0.9", v6: "fd77::9" };

export const networkCases = needing(
  ["networks"],
  [
    {
      name: "A firewall on the server drops what comes to the port",
      setUp: across(there.v4, { firewall: `tcp dport ${port} drop` }),
      expected: broken("tcp", "filtered", "network", /ufw allow/),
    },
    {
      name: "A firewall rejects it with `icmp admin-prohibited`, as firewalld does",
      setUp: across(there.v4, { firewall: `tcp dport ${port} reject with icmpx admin-prohibited` }),
      expected: broken("tcp", "unreachable", "network", /route/),
    },
    {
      name: "A router on the way says that there is no such host",
      setUp: across(there.v4, { firewall: `tcp dport ${port} reject with icmpx host-unreachable` }),
      expected: broken("tcp", "unreachable", "network", /ip route|route/i),
    },
    {
      name: "The machine is switched off",
      setUp: across(dead.v4),
      expected: broken("tcp", "unreachable", "network", /route|switched on|running/i),
    },
    {
      name: "There is no way into that network",
      setUp: across("172.16.9.9"),
      expected: broken("tcp", "unreachable", "network", /route/i),
    },
    {
      name: "This machine's own rules forbid the way there",
      setUp: across(there.v4, { routes: `ip route add prohibit ${there.v4}/32` }),
      expected: broken("tcp", "unreachable", "network", /route/i),
    },
    {
      name: "The server listens on 127.0.0.1 alone, and the question comes from another machine",
      setUp: across(there.v4, {}, "127.0.0.1"),
      expected: broken("tcp", "refused", "server", /ss -|listen/i),
    },
    {
      name: "The firewall answers with `tcp reset`",
      setUp: across(there.v4, { firewall: `tcp dport ${port} reject with tcp reset` }),
      expected: broken("tcp", "refused", "server", /ss -|listen/i),
    },
    {
      name: "The firewall lets the connection open, and drops everything after it",
      setUp: across(there.v4, { firewall: `tcp dport ${port} tcp flags & syn == 0 ip length > 60 drop` }),
      expected: broken("http", "silent", "server", /which program/),
    },
    {
      name: "What is bigger than 1,000 bytes is lost on the way, as in a VPN with a wrong MTU",
      setUp: async (stack) => ({
        ...(await across(there.v4, { firewall: `tcp dport ${port} ip length > 1000 drop` })(stack)),
        options: { payload: 4_000 },
      }),
      expected: broken("payload", "cut_by_size", "proxy", /MTU|size|proxy/i),
    },
    {
      name: "The name has a dead address of version 6 beside a living one of version 4",
      setUp: across("both.peyk.test", { hosts: `${dead.v6} both.peyk.test\n${there.v4} both.peyk.test` }),
      expected: warns("tcp", "address_dead", "server", /AAAA/),
    },
    {
      name: "The name has a dead address of version 4 beside a living one of version 6",
      setUp: across("both.peyk.test", { hosts: `${dead.v4} both.peyk.test\n${there.v6} both.peyk.test` }),
      expected: warns("tcp", "address_dead", "server", /\bA\b/),
    },
    {
      name: "Version 6 is filtered, version 4 is not",
      setUp: across("both.peyk.test", {
        firewall: `meta nfproto ipv6 tcp dport ${port} drop`,
        hosts: `${there.v6} both.peyk.test\n${there.v4} both.peyk.test`,
      }),
      expected: warns("tcp", "address_dead", "server", /AAAA/),
    },
    {
      name: "The name does not exist",
      setUp: named("unknown.peyk.test"),
      expected: broken("dns", "name_unknown", "you", /dig|nslookup|getent/),
    },
    {
      name: "The name exists, but has no address",
      setUp: named("empty.peyk.test"),
      expected: broken("dns", "name_unknown", "you", /dig|nslookup|getent/),
    },
    {
      name: "The name server answers SERVFAIL",
      setUp: named("failing.peyk.test"),
      expected: broken("dns", "resolver_failed", "network", /dig|nslookup|resolv/),
    },
    {
      name: "The name server does not answer",
      setUp: named("silent.peyk.test"),
      expected: broken("dns", "resolver_failed", "network", /dig|nslookup|resolv/),
    },
    {
      name: "Nobody listens at the name server's address",
      setUp: async (stack) => ({
        url: `ws://any.peyk.test:${port}/ws/test/`,
        command: (await network(stack)).here,
      }),
      expected: broken("dns", "resolver_failed", "network", /dig|nslookup|resolv/),
    },
    {
      name: "Another machine of the same network, version 4",
      setUp: across(there.v4),
      expected: healthy,
    },
    {
      name: "Another machine of the same network, version 6",
      setUp: across(`[${there.v6}]`),
      expected: healthy,
    },
    {
      name: "A name with two living addresses",
      setUp: across("both.peyk.test", { hosts: `${there.v6} both.peyk.test\n${there.v4} both.peyk.test` }),
      expected: healthy,
    },
  ],
);
