import type { LoggerService } from '@nestjs/common';
import type { Log } from '@skald/engine';
import { pino, type Logger } from 'pino';

/** JSON lines on standard output; the ports' callers see to it that no payload is among the fields. */
export function createLog(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** The log as the engine and the API take it. */
export function logOf(logger: Logger): Log {
  return {
    debug: (message, fields) => {
      logger.debug(fields ?? {}, message);
    },
    info: (message, fields) => {
      logger.info(fields ?? {}, message);
    },
    warn: (message, fields) => {
      logger.warn(fields ?? {}, message);
    },
    error: (message, fields) => {
      logger.error(fields ?? {}, message);
    },
  };
}

/** The log as Nest takes it. Its start-up chatter is of no use to an operator. */
export function nestLogOf(logger: Logger): LoggerService {
  const trouble = (message: unknown, ...rest: unknown[]) => {
    logger.error({ context: rest.at(-1) }, String(message));
  };
  return {
    log: () => undefined,
    error: trouble,
    fatal: trouble,
    warn: (message: unknown, ...rest: unknown[]) => {
      logger.warn({ context: rest.at(-1) }, String(message));
    },
  };
}
