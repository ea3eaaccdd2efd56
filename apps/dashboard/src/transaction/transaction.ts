import type { Schemas } from '../api/client.js';

export type Transaction = Schemas['Transaction'];
export type Step = Transaction['steps'][number];
export type Call = Step['action'];
export type HistoryItem = Schemas['HistoryItem'];
