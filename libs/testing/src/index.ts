export { busConformance } from './conformance/bus.js';
export type { BusHarness } from './conformance/bus-harness.js';
