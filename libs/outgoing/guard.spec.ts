import { describe, expect, it } from 'vitest';
import { OutgoingGuard, parseAllowList } from './index.js';
import { isPublicAddress } from './public-address.js';

const strict = new OutgoingGuard({ allow: parseAllowList('') });
const codeOf = (guard: OutgoingGuard, url: string): string => {
  try {
    guard.checkUrl(url);
    return 'passes';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

describe('addresses', () => {
  it.each([
    ['loopback', '127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'],
    ['this host', '0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '::ffff:10.0.0.1'],
    ['link-local and metadata', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', '::ffff:a9fe:a9fe'],
    ['metadata elsewhere', '168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254'],
    ['carriers and benchmarks', '100.64.0.1', '198.18.0.1', '198.19.255.255', '2001:2::1'],
    ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ['multicast and reserved', '224.0.0.1', '240.0.0.1', '255.255.255.255', 'ff02::1'],
    ['unique and site-local', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
    ['IPv4 in IPv6', '::127.0.0.1', '::7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::a00:1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2002:a00:1::1', '2001::1', '2001:0:7f00:1::'],
    ['discard and SRv6', '100::1', '5f00::1', '::ffff:0:127.0.0.1'],
    ['no address', 'localhost', '', '127.1', '300.1.1.1'],
  ])('%s are not public', (_, ...addresses) => {
    for (const address of addresses)
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '192.167.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe('a URL', () => {
  it.each([
    ['https://2130706433/', 'outgoing.forbidden_address'],
    ['https://0x7f.1/', 'outgoing.forbidden_address'],
    ['https://0177.0.0.1/', 'outgoing.forbidden_address'],
    ['https://127.1/', 'outgoing.forbidden_address'],
    ['https://0/', 'outgoing.forbidden_address'],
    ['https://127.0.0.1./', 'outgoing.forbidden_address'],
    ['https://①②⑦.⓪.⓪.①/', 'outgoing.forbidden_address'],
    ['https://[::1]/', 'outgoing.forbidden_address'],
    ['https://[::]/', 'outgoing.forbidden_address'],
    ['https://[::ffff:127.0.0.1]/', 'outgoing.forbidden_address'],
    ['https://[0:0:0:0:0:ffff:169.254.169.254]/', 'outgoing.forbidden_address'],
    ['https://[64:ff9b::a9fe:a9fe]/', 'outgoing.forbidden_address'],
    ['https://169.254.169.254/latest/meta-data', 'outgoing.forbidden_address'],
    ['http://example.com/', 'outgoing.forbidden_url'],
    ['http://localhost/', 'outgoing.forbidden_url'],
    ['https://example.com:22/', 'outgoing.forbidden_url'],
    ['https://example.com:6379/', 'outgoing.forbidden_url'],
    ['https://user@example.com/', 'outgoing.forbidden_url'],
    ['https://:secret@example.com/', 'outgoing.forbidden_url'],
    ['ftp://example.com/', 'outgoing.forbidden_url'],
    ['file:///etc/passwd', 'outgoing.forbidden_url'],
    ['gopher://127.0.0.1:6379/_FLUSHALL', 'outgoing.forbidden_url'],
    ['example.com', 'outgoing.bad_url'],
    ['https://[fe80::1%25eth0]/', 'outgoing.bad_url'],
    [`https://example.com/${'x'.repeat(2048)}`, 'outgoing.bad_url'],
    ['https://example.com/hook?a=b', 'passes'],
    ['https://example.com:8443/', 'passes'],
    ['https://8.8.8.8/', 'passes'],
    // Its address is looked at when it is connected to.
    ['https://localhost/', 'passes'],
  ])('%s: %s', (url, code) => expect(codeOf(strict, url)).toBe(code));

  it('may be what the operator allows, on any port and without TLS', () => {
    const allow = parseAllowList('127.0.0.0/8, ::1, receiver.internal, 10.1.0.0/16');
    const guard = new OutgoingGuard({ allow });
    for (const host of ['127.0.0.1', '[::1]', 'localhost', 'receiver.internal', '10.1.2.3']) {
      expect([host, codeOf(guard, `http://${host}:9000/hook`)]).toEqual([host, 'passes']);
    }
    for (const host of [
      '10.2.0.1',
      '[::2]',
      'other.internal',
      '192.168.0.1',
      'x.receiver.internal',
    ]) {
      expect([host, codeOf(guard, `http://${host}:9000/hook`)]).not.toEqual([host, 'passes']);
    }
  });
});

describe('the allow list', () => {
  it.each(['10.0.0.0/33', 'http://x', '10.0.0.0/8;::1', '*.internal', '::1/200'])(
    'refuses %s',
    (entry) => expect(() => parseAllowList(entry)).toThrow(/is neither/),
  );
});
