export { createServer, type CreateServerOptions } from './create-server.js';
export type { ServerOptions } from './options.js';
export { ReplayInlet } from './replay-inlet.js';
export { apiDocument, SkaldModule } from './skald.module.js';
export { itemOf, viewOf } from './transactions/view.js';
export { TransactionItem, TransactionView } from './transactions/view.schema.js';
