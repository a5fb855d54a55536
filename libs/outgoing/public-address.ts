import { BlockList, isIP } from 'node:net';

/**
 * IPv4 that is not plain unicast of the public internet: the IANA special-purpose registry, multicast, and
 * Azure's host (168.63.129.16), which lies in public space but is the machine that one runs on.
 */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * Of IPv6 only 2000::/3 is given out as public unicast. So loopback, mapped and compatible IPv4, NAT64
 * (64:ff9b::, 64:ff9b:1::), discard, unique local, link-local, site-local and multicast are all outside by
 * what they are, and no form of them can be forgotten here.
 */
const PUBLIC_V6 = ['2000::/3'];

/** Parts of 2000::/3 that are special after all: Teredo and other protocol assignments, documentation, 6to4, AS112. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

const specialV4 = blockList(SPECIAL_V4);
const publicV6 = blockList(PUBLIC_V6);
const specialV6 = blockList(SPECIAL_V6);

/** Input: an address in any textual form that `node:net` knows. Output: whether it is public unicast. */
export function isPublicAddress(address: string): boolean {
  const plain = unmapped(address);
  if (isIP(plain) === 4) return !specialV4.check(plain, 'ipv4');
  // A zone (`fe80::1%eth0`) belongs to a link of this machine.
  if (isIP(plain) !== 6 || plain.includes('%')) return false;
  return publicV6.check(plain, 'ipv6') && !specialV6.check(plain, 'ipv6');
}

const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** `::ffff:8.8.8.8` in either spelling to `8.8.8.8`: the system connects to that over IPv4. */
export function unmapped(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address;
  // The URL parser writes every IPv6 address in its one canonical form.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = MAPPED_HEX.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const [h, l] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [h >> 8, h & 255, l >> 8, l & 255].join('.');
}

/** Input: CIDR ranges, single addresses count as full-length ones. Errors: whatever `node:net` throws for none. */
export function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', length] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(length ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}
