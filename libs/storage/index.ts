export {
  ObjectNotFoundError,
  type ByteRange,
  type ObjectBody,
  type ObjectStore,
  type PresignedPut,
  type PresignOptions,
  type PutOptions,
} from './object-store.js';
export {
  CustomerBucket,
  type CustomerBucketOptions,
  type ListedObject,
  type OpenUpload,
} from './customer-bucket.js';
export { asUploaded, exactContent, readImage, type StoredImage } from './image-content.js';
export { openObjectStore, type S3Credentials } from './open-object-store.js';
