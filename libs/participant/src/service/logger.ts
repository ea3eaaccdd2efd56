import { ConsoleLogger } from '@nestjs/common';

/** One JSON line per event on standard output, for whatever collects the output of processes. */
export const serviceLogger = new ConsoleLogger({
  json: true,
  colors: false,
  logLevels: ['warn', 'error', 'fatal'],
});
