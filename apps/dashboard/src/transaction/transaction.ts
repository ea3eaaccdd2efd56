import type { Schemas } from '../api/client.js';

export type Transaction = Schemas['Transaction'];
export type Step = NonNullable<Transaction['steps']>[number];
export type Branch = Schemas['Branch'];
export type Call = NonNullable<Step['action']>;
export type AtomicBranch = Schemas['AtomicBranch'];
export type HistoryItem = Schemas['HistoryItem'];
