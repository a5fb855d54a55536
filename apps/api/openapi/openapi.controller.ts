import { Controller, Get, Inject } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';
import { Public } from '../auth/public.js';

export const OPENAPI_DOCUMENT = Symbol('OpenApiDocument');

@ApiExcludeController()
@Public()
@Controller('openapi.json')
export class OpenApiController {
  constructor(@Inject(OPENAPI_DOCUMENT) private readonly holder: { document?: OpenAPIObject }) {}

  @Get()
  get(): OpenAPIObject | undefined {
    return this.holder.document;
  }
}
