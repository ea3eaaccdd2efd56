import { loadServiceConfig, type ServiceConfig } from '@skald/participant';

/** @throws ConfigurationError that names every wrong variable. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): ServiceConfig {
  return loadServiceConfig(4602, environment);
}
