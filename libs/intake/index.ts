export {
  isArchive,
  isZip,
  readArchive,
  type ArchivedFile,
  type ArchiveLimits,
} from './archive/read-archive.js';
export { fetchImage, openImageGuard, type FetchOptions } from './fetch-image.js';
export {
  bucketDestination,
  bucketObject,
  objectUri,
  type BucketObject,
} from './bucket/bucket-destination.js';
export { parseBucketUri, parseObjectUri, type BucketPlace } from './bucket/bucket-uri.js';
export {
  findPicture,
  type Picture,
  type PictureSource,
  type PictureTools,
} from './find-picture.js';
export { cleanFileName } from './file-name.js';
export { limitOfFile } from './file-limit.js';
export { ImageIntake, type IntakeTarget, type TakenFile } from './image-intake.js';
export { storeImage, type IntakeParts } from './image-store.js';
export { imageTooLarge, judgeImage, refusal, type Judged, type Refusal } from './refusal.js';
export { Slots } from './slots.js';
export { RefusedFileError, spool, SpooledFile, type LimitOf } from './spool.js';
export {
  foundRows,
  manifestChunks,
  type ClaimIds,
  type ManifestChunk,
} from './manifest/manifest-chunks.js';
export { readManifestPage, type ManifestPage } from './manifest/manifest-page.js';
export { readManifest, type ManifestFormat } from './manifest/read-manifest.js';
export { FIRST_PLACE, type LinePlace } from './manifest/text-lines.js';
export { youngCollection } from './young-collection.js';
