import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = Symbol('IsPublic');

/** Routes that answer without an API key: health and the API's description. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

export const NEEDS_READING = Symbol('NeedsReading');

/** A route that changes nothing of the tenant's, though its method is none of reading. */
export const NeedsReading = () => SetMetadata(NEEDS_READING, true);
