export { busConformance } from './conformance/bus.js';
export { BusProbe, until, type BusHarness } from './conformance/bus-harness.js';
export {
  makeCommand,
  makeOperation,
  RecordingSink,
  transportConformance,
  type Answerer,
  type TransportHarness,
} from './conformance/transport.js';
export { Crash, CrashPlan, crashEverywhere } from './crash-everywhere.js';
export { Run, RUN_ID, type RunOptions } from './run.js';
export { runSaga, SagaRun } from './saga-run.js';
export { runTwoPhase, TwoPhaseRun } from './two-phase-run.js';
export { storeConformance } from './conformance/store.js';
export type { StoreHarness } from './conformance/store-harness.js';
export * from './conformance/store-records.js';
export { MemoryDatabase, MemoryStore } from './memory-store.js';
export { Violation } from './world/ledger.js';
export { World, type Move, type Nature, type Setting } from './world/world.js';
