/** IPv4 networks that are not the public internet: [first address, prefix length]. IANA's special-purpose registry. */
const special: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Whether an address that a name stands for is on the public internet. What cannot be read is not. */
export function isPublicAddress(address: string): boolean {
  if (!address.includes(":")) return isPublicV4(address);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isPublicV4(mapped);
  // Global unicast is 2000::/3; 2002::/16 and 2001::/32 carry IPv4 addresses, 2001:db8::/32 is for documents.
  const [first = 0, second = 0] = address.split(":").map((group) => Number.parseInt(group || "0", 16));
  if (first === 0x2002 || (first === 0x2001 && (second === 0 || second === 0xdb8))) return false;
  return first >= 0x2000 && first <= 0x3fff;
}

function isPublicV4(address: string): boolean {
  const value = toNumber(address);
  return (
    value !== undefined &&
    !special.some(([network, prefix]) => {
      const size = 2 ** (32 - prefix);
      return Math.floor(value / size) === Math.floor(toNumber(network)! / size);
    })
  );
}

function toNumber(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
