export { inventory } from './inventory.js';
export { order } from './order.js';
export { payment } from './payment.js';
export { Card, CustomerId, OrderId, OrderItem, OrderItems, Sku } from './values.js';
