const REFERENCE = /^\[([0-9A-Fa-f:.]{2,46})\]$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const OCTET = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const GROUPS = 8;
const OCTETS = 4;
/** An IPv4 address at the end stands for this many groups. */
const IPV4_GROUPS = 2;

/** How many groups a side of `::` spells; undefined when it is malformed. Only the last side may end with an IPv4 address. */
function groupsOf(side: string, isLast: boolean): number | undefined {
  if (side === '') return 0;
  const parts = side.split(':');
  const last = parts.at(-1) ?? '';
  const octets = last.split('.');
  const isIpv4 = isLast && octets.length === OCTETS && octets.every((octet) => OCTET.test(octet));
  const groups = isIpv4 ? parts.slice(0, -1) : parts;
  return groups.every((group) => GROUP.test(group)) ? groups.length + (isIpv4 ? IPV4_GROUPS : 0) : undefined;
}

/**
 * True for an IPv6 address in brackets. A third colon before an IPv4 address is tolerated: the grammar of RFC 3261 made it.
 * @see RFC 4291 §2.2
 * @see RFC 5118 §4.10
 */
export function isIpv6Reference(text: string): boolean {
  const address = REFERENCE.exec(text)?.[1];
  if (address === undefined) return false;
  const sides = address.replace(/:::(?=\d+\.)/, '::').split('::');
  if (sides.length > 2) return false;
  const counts = sides.map((side, index) => groupsOf(side, index === sides.length - 1));
  let groups = 0;
  for (const count of counts) {
    if (count === undefined) return false;
    groups += count;
  }
  return sides.length === 1 ? groups === GROUPS : groups < GROUPS;
}
