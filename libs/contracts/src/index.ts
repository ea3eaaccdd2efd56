export { CATALOGUE } from './catalogue.js';
export { inventory } from './inventory.js';
export { order } from './order.js';
export { payment } from './payment.js';
export { Card, CustomerId, MAX_QUANTITY, OrderId, OrderItem, OrderItems, Sku } from './values.js';
export { warehouse, type Warehouse } from './warehouse.js';
