import { isTarHeader } from './tar-header.js';

const ZIP_MAGIC = 0x504b0304;
const GZIP_MAGIC = 0x1f8b;

/** Input: the first bytes of a file. */
export const isZip = (head: Uint8Array): boolean =>
  head.byteLength >= 4 && Buffer.from(head.subarray(0, 4)).readUInt32BE() === ZIP_MAGIC;

/** Nothing that we take as a picture is packed so: it is a tar archive, or refused as none. */
export const isGzip = (head: Uint8Array): boolean =>
  head.byteLength >= 2 && Buffer.from(head.subarray(0, 2)).readUInt16BE() === GZIP_MAGIC;

export const isArchive = (head: Uint8Array): boolean =>
  isZip(head) || isGzip(head) || isTarHeader(head);
