import { CoordinatorInit0000000000001 } from './0000000000001-init.js';
import { CoordinatorDashboard0000000000002 } from './0000000000002-dashboard.js';
import { CoordinatorPreparedReports0000000000003 } from './0000000000003-prepared-reports.js';
import { CoordinatorTombstones0000000000004 } from './0000000000004-tombstones.js';
import { CoordinatorNoEndedIndex0000000000005 } from './0000000000005-no-ended-index.js';
import { CoordinatorFlushes0000000000006 } from './0000000000006-flushes.js';
import { CoordinatorHashes0000000000007 } from './0000000000007-hashes.js';

/** Migrations of the coordinator's database, oldest first. */
export const coordinatorMigrations = [
  CoordinatorInit0000000000001,
  CoordinatorDashboard0000000000002,
  CoordinatorPreparedReports0000000000003,
  CoordinatorTombstones0000000000004,
  CoordinatorNoEndedIndex0000000000005,
  CoordinatorFlushes0000000000006,
  CoordinatorHashes0000000000007,
];
