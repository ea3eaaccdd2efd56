import { CoordinatorInit0000000000001 } from './0000000000001-init.js';

/** Migrations of the coordinator's database, oldest first. */
export const coordinatorMigrations = [CoordinatorInit0000000000001];
