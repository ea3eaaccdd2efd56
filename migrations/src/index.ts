export { coordinatorMigrations } from './coordinator/index.js';
export { inboxMigrations } from './inbox/index.js';
export { inventoryMigrations } from './inventory/index.js';
export { orderMigrations } from './order/index.js';
export { paymentMigrations } from './payment/index.js';
export { warehouseMigrations } from './warehouse/index.js';
