import { isName } from '@skald/core';
import { parseEnvironment, ServiceEnvironment } from '@skald/participant';
import { z } from 'zod';

/** What a warehouse is told besides what every service is. */
export const WarehouseEnvironment = ServiceEnvironment.extend({
  PORT: ServiceEnvironment.shape.PORT.default(4604),
  WAREHOUSE_NAME: z
    .string()
    .refine(isName, { error: 'expected a name ([a-z][a-z0-9-]{0,40})' })
    .describe('Name of the participant that this warehouse is'),
});

export type WarehouseConfig = Readonly<z.output<typeof WarehouseEnvironment>>;

/** @throws ConfigurationError that names every wrong variable. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): WarehouseConfig {
  return parseEnvironment(WarehouseEnvironment, environment);
}
