import { SetMetadata } from '@nestjs/common';

export const IS_SIGNED_URL = Symbol('IsSignedUrl');

/** Routes that take a signature in their query instead of an API key; they verify it themselves. */
export const SignedUrl = () => SetMetadata(IS_SIGNED_URL, true);
