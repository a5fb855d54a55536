import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Nest's own words go where ours go. Its start-up notes are for whoever debugs Nest. */
export function nestLogger(logger: Logger): LoggerService {
  const source = (rest: unknown[]) => ({ context: rest.at(-1) });
  return {
    log: (message, ...rest) => logger.debug(source(rest), String(message)),
    error: (message, ...rest) => logger.error(source(rest), String(message)),
    warn: (message, ...rest) => logger.warn(source(rest), String(message)),
    debug: (message, ...rest) => logger.trace(source(rest), String(message)),
    verbose: (message, ...rest) => logger.trace(source(rest), String(message)),
    fatal: (message, ...rest) => logger.fatal(source(rest), String(message)),
  };
}
