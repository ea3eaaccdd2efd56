import type { paths } from './schema.gen.js';

type ListQuery = NonNullable<paths['/v1/transactions']['get']['parameters']['query']>;

/** What a list of transactions is narrowed to, in the words of the API. */
export type ListFilter = Omit<ListQuery, 'limit' | 'cursor' | 'counts'>;
