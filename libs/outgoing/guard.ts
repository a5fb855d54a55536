import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { AppError } from '#contracts';
import type { AllowList } from './allow-list.js';
import { isPublicAddress } from './public-address.js';

/** All addresses of a host. Errors: those of the resolver. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface OutgoingRules {
  readonly allow: AllowList;
  /** For tests; default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Towards hosts that the allow list does not have; default: https alone. */
  readonly protocols?: readonly ('http:' | 'https:')[];
  /** The same; default: 443 and 8443. */
  readonly ports?: readonly number[];
}

const LONGEST_URL = 2048;
const USUAL_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Decides where a request may go whose URL somebody else has chosen. Two checks, and both are needed: the
 * URL, for Node asks no resolver about a literal address; and what the resolver says, at the moment of the
 * connection and about that very connection, for an earlier answer proves nothing (DNS rebinding).
 */
export class OutgoingGuard {
  readonly #allow: AllowList;
  readonly #resolve: Resolve;
  readonly #protocols: ReadonlySet<string>;
  readonly #ports: readonly number[];

  constructor(rules: OutgoingRules) {
    this.#allow = rules.allow;
    this.#resolve = rules.resolve ?? resolveBySystem;
    this.#protocols = new Set(rules.protocols ?? ['https:']);
    this.#ports = rules.ports ?? [443, 8443];
  }

  /**
   * Output: the URL, safe to be connected to with `lookup`. Connects to nothing and resolves nothing.
   * Errors: `outgoing.bad_url`, `outgoing.forbidden_url`, `outgoing.forbidden_address`.
   */
  checkUrl(text: string): URL {
    const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined) throw new AppError('outgoing.bad_url', 'That is not a URL.');
    if (url.username !== '' || url.password !== '') throw forbiddenUrl('must hold no credentials');
    const host = hostOf(url);
    this.#requireWay(url, this.#allow.hasHost(host));
    if (isIP(host) !== 0) this.#requireAddress(host, host);
    return url;
  }

  #requireWay(url: URL, isAllowed: boolean): void {
    const usualPort = USUAL_PORTS[url.protocol];
    if (usualPort === undefined || !(isAllowed || this.#protocols.has(url.protocol))) {
      throw forbiddenUrl(
        `must begin with ${[...this.#protocols].map((p) => `${p}//`).join(' or ')}`,
      );
    }
    const port = url.port === '' ? usualPort : Number(url.port);
    if (isAllowed || this.#ports.includes(port)) return;
    throw forbiddenUrl(`may use only the ports ${this.#ports.join(' and ')}`);
  }

  /** For `connect` of node:net and node:tls: resolves once, checks, and hands over only what it has checked. */
  readonly lookup: LookupFunction = (host, options, done) => {
    this.#check(host).then(
      (found) => {
        // Node asks for all of them when it races the families, else for one of a family.
        const usable = found.filter(({ family }) => !options.family || family === options.family);
        const [first] = usable;
        if (options.all) done(null, [...usable]);
        else if (first === undefined) done(noAddress(host), '', 0);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), '', 0),
    );
  };

  /** One forbidden address among several refuses them all: nobody mixes them in good faith. */
  async #check(host: string): Promise<readonly LookupAddress[]> {
    const found = await this.#resolve(host);
    if (found.length === 0) throw noAddress(host);
    for (const { address } of found) this.#requireAddress(address, host);
    return found;
  }

  #requireAddress(address: string, host: string): void {
    if (isPublicAddress(address) || this.#allow.hasAddress(address)) return;
    if (this.#allow.hasName(plainHost(host))) return;
    throw new AppError(
      'outgoing.forbidden_address',
      `${host} leads to an address that is not public. An operator can allow it with OUTGOING_ALLOW.`,
    );
  }
}

/** As the resolver and the allow list know it: without brackets and the root's dot. */
const hostOf = (url: URL): string => plainHost(url.hostname.replace(/^\[(.*)\]$/, '$1'));
const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

const forbiddenUrl = (what: string): AppError =>
  new AppError('outgoing.forbidden_url', `The URL ${what}.`);

const noAddress = (host: string): AppError =>
  new AppError('outgoing.no_address', `No address is known for ${host}.`, { retryable: true });

const resolveBySystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });
