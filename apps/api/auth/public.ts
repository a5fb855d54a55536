import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = Symbol('IsPublic');

/** Routes that answer without an API key: health and the API's description. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
