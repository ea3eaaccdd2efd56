export { CATALOGUE } from './catalogue.js';
export { HOLD_TTL_MS, inventory } from './inventory.js';
export { order } from './order.js';
export { AUTHORIZATION_TTL_MS, payment } from './payment.js';
export { Card, CustomerId, MAX_QUANTITY, OrderId, OrderItem, OrderItems, Sku } from './values.js';
export { warehouse, type Warehouse } from './warehouse.js';
