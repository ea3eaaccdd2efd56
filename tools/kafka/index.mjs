export { startBroker, stopLeftoverBroker } from './broker.mjs';
export { resolveBrokers } from './given.mjs';
