import { Inbox0000000000001 } from './0000000000001-inbox.js';

/** Migrations of the participant's barrier, in order; `@skald/participant` runs them by itself. */
export const inboxMigrations = [Inbox0000000000001];
