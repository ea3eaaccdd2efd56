export { openDatabase } from './database.js';
export {
  ConfigurationError,
  kafkaOf,
  parseEnvironment,
  ServiceEnvironment,
  type ServiceConfig,
} from './environment.js';
export { HealthController } from './health.controller.js';
export { ProblemFilter } from './problem.filter.js';
export { runService, type Service } from './run-service.js';
export { serve } from './serve.js';
