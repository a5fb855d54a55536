import { isIP, type BlockList } from 'node:net';
import { AppError } from '#contracts';
import { blockList, unmapped } from './public-address.js';

const HOST = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/;
const CIDR = /^[0-9a-f.:]+(\/\d{1,3})?$/i;

/** `localhost` is never asked of a resolver by the check of a URL, so it is known here by what it means. */
const LOCALHOST = ['127.0.0.1', '::1'];

/** What an operator lets requests reach beside the public internet: ranges of addresses, and hosts by name. */
export class AllowList {
  readonly #ranges: BlockList;
  readonly #hosts: ReadonlySet<string>;

  constructor(ranges: readonly string[], hosts: readonly string[]) {
    this.#ranges = blockList(ranges);
    this.#hosts = new Set(hosts);
  }

  hasAddress(address: string): boolean {
    const plain = unmapped(address);
    const family = isIP(plain);
    if (family === 0 || plain.includes('%')) return false;
    return this.#ranges.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** A name of the list may lead anywhere: the operator answers for it. */
  hasName(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** By name, or because it is itself an address of the list. */
  hasHost(host: string): boolean {
    if (isIP(host) !== 0) return this.hasAddress(host);
    if (this.hasName(host)) return true;
    return host === 'localhost' && LOCALHOST.some((address) => this.hasAddress(address));
  }
}

/**
 * Input: entries with commas between them: `10.1.0.0/16`, `::1`, `receiver.internal`; '' for none.
 * Errors: `outgoing.bad_allow_list`, which names the entry.
 */
export function parseAllowList(text: string): AllowList {
  const entries = text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  const ranges = entries.filter((entry) => CIDR.test(entry) && isIP(entry.split('/')[0] ?? '') > 0);
  const hosts = entries.filter((entry) => !ranges.includes(entry));
  for (const host of hosts) if (!HOST.test(host)) throw badEntry(host);
  for (const range of ranges) requireRange(range);
  return new AllowList(ranges, hosts);
}

function requireRange(range: string): void {
  try {
    blockList([range]);
  } catch (cause) {
    throw badEntry(range, cause);
  }
}

const badEntry = (entry: string, cause?: unknown): AppError =>
  new AppError(
    'outgoing.bad_allow_list',
    `"${entry}" is neither a range of addresses (10.1.0.0/16, ::1) nor the name of a host.`,
    { cause },
  );
