import { parseEnvironment, ServiceEnvironment, type ServiceConfig } from '@skald/participant';

/** Everything the service can be told from outside, with its default. */
const Environment = ServiceEnvironment.extend({
  PORT: ServiceEnvironment.shape.PORT.default(4601),
});

/** @throws ConfigurationError that names every wrong variable. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): ServiceConfig {
  return parseEnvironment(Environment, environment);
}
