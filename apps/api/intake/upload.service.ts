import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requireUuid, type UploadReport } from '#contracts';
import { Slots } from '#intake';
import { API_PARTS, type ApiParts } from '../parts.js';
import { toUploadError } from '../problem/to-app-error.js';
import { readForm } from './multipart.js';
import { requireOpenSet, Upload } from './upload.js';

/** Uploads in progress at once; each holds a few megabytes. */
const MAX_UPLOADS = 32;

@Injectable()
export class UploadService {
  readonly #slots = new Slots(MAX_UPLOADS);

  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  /** Errors: those of `readForm`, `Upload`; `set.not_found`, `set.sealed`, `server.busy`. */
  async receive(tenantId: string, id: string, request: FastifyRequest): Promise<UploadReport> {
    const setId = requireUuid('set', id);
    await requireOpenSet(this.parts, tenantId, setId);
    const leave = this.#slots.enterNow();
    const upload = new Upload(this.parts, tenantId, setId);
    try {
      const limits = { files: this.parts.config.limits.uploadFiles };
      for await (const part of readForm(request, limits)) {
        if (part.kind === 'file') await upload.add(part.name, part.source);
      }
      return await upload.finish();
    } catch (error) {
      throw toUploadError(error);
    } finally {
      await upload.close();
      leave();
    }
  }
}
