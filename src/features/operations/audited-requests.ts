/** What staff do over HTTP that is audited, in the words of the audit. The first group of the path is the target. */
const acts: readonly (readonly [method: string, path: RegExp, what: string])[] = [
  ["POST", /^\/api\/devices\/(pairing)$/, "pairing.open"],
  ["POST", /^\/api\/(devices)$/, "device.add"],
  ["POST", /^\/api\/devices\/([^/]+)\/rotate$/, "device.rotate"],
  ["POST", /^\/api\/devices\/([^/]+)\/revoke$/, "device.revoke"],
  ["DELETE", /^\/api\/devices\/([^/]+)$/, "device.remove"],
  ["POST", /^\/api\/(inboxes)$/, "inbox.add"],
  ["PATCH", /^\/api\/inboxes\/([^/]+)$/, "inbox.change"],
  ["DELETE", /^\/api\/inboxes\/([^/]+)$/, "inbox.remove"],
  ["POST", /^\/api\/inboxes\/([^/]+)\/members$/, "inbox.add_member"],
  ["DELETE", /^\/api\/inboxes\/([^/]+)\/members\/[^/]+$/, "inbox.remove_member"],
];

/** `undefined`: this is everyday work. */
export function actOf(method: string, path: string): { what: string; target: string } | undefined {
  for (const [wanted, pattern, what] of acts) {
    const target = method === wanted ? pattern.exec(path.replace(/\/$/, ""))?.[1] : undefined;
    if (target !== undefined) return { what, target };
  }
  return undefined;
}
