import type { Schemas } from '../api/client.js';

export type Transaction = Schemas['Transaction'];
