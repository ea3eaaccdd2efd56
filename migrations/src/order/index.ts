import { OrderInit0000000000001 } from './0000000000001-init.js';

/** Migrations of the order service's own tables, oldest first. */
export const orderMigrations = [OrderInit0000000000001];
