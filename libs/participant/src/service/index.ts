export { openDatabase, type DatabaseAddress, type ServiceDatabase } from './database.js';
export {
  ConfigurationError,
  loadServiceConfig,
  parseEnvironment,
  ServiceEnvironment,
  type ServiceConfig,
} from './environment.js';
export { runService, type Service } from './run-service.js';
export { startService, type ServiceParts } from './service-module.js';
