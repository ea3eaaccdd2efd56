import { Inbox0000000000001 } from './0000000000001-inbox.js';
import { TwoPhase0000000000002 } from './0000000000002-two-phase.js';
import { Batches0000000000003 } from './0000000000003-batches.js';

/** Migrations of the participant's barrier, in order; `@skald/participant` runs them by itself. */
export const inboxMigrations = [Inbox0000000000001, TwoPhase0000000000002, Batches0000000000003];
