import { Inject, Injectable } from '@nestjs/common';
import { OutgoingGuard, parseAllowList } from '#outgoing';
import { API_PARTS, type ApiParts } from '../parts.js';

/** The api connects to none of them; it only refuses early what the dispatcher would refuse at each attempt. */
@Injectable()
export class OutgoingUrls {
  readonly guard: OutgoingGuard;

  constructor(@Inject(API_PARTS) { config }: ApiParts) {
    this.guard = new OutgoingGuard({ allow: parseAllowList(config.outgoingAllow) });
  }
}
