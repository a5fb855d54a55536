import { SetMetadata } from '@nestjs/common';

export const NEEDS_OPERATING = Symbol('NeedsOperating');

/**
 * Routes for people who run the system: they show or change what belongs to no tenant, or to all of them. Their keys
 * have the scope `operate`, besides the one that the method needs.
 */
export const Operates = () => SetMetadata(NEEDS_OPERATING, true);
