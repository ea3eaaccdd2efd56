import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, bodyOf } from './client.js';
import type { ListFilter } from './filter.js';

const PAGE = 50;
const HISTORY_PAGE = 200;
/** Polls behind the event stream, ms: what it does not tell, and what it missed. */
const FAST_MS = 500;
const OFTEN_MS = 2_000;
const SELDOM_MS = 10_000;

/** First part of the keys of what changes with every transaction. */
export const KEYS = {
  attention: 'attention',
  counts: 'counts',
  list: 'transactions',
  one: 'transaction',
  history: 'history',
} as const;

/** Transactions by filter, newest first, page after page. */
export function listQuery(filter: ListFilter) {
  return infiniteQueryOptions({
    queryKey: [KEYS.list, filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: PAGE, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(api.GET('/v1/transactions', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** How many transactions each status has under the other filters. */
export function countsQuery(filter: ListFilter) {
  const { status: _all, ...others } = filter;
  return queryOptions({
    queryKey: [KEYS.counts, others],
    queryFn: ({ signal }) => {
      const query = { ...others, counts: 'true' as const, limit: 1 };
      return bodyOf(api.GET('/v1/transactions', { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: SELDOM_MS,
  });
}

export function transactionQuery(id: string) {
  return queryOptions({
    queryKey: [KEYS.one, id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/transactions/{id}', { params: { path: { id } }, signal })),
  });
}

export function historyQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: [KEYS.history, id],
    queryFn: ({ pageParam: after, signal }) => {
      const params = { path: { id }, query: { after, limit: HISTORY_PAGE } };
      return bodyOf(api.GET('/v1/transactions/{id}/history', { params, signal }));
    },
    initialPageParam: 0,
    getNextPageParam: (last) => last.nextAfter ?? undefined,
  });
}

export function attentionQuery() {
  return infiniteQueryOptions({
    queryKey: [KEYS.attention],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(api.GET('/v1/attention', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: OFTEN_MS,
  });
}

/** Buckets of the last `rangeMs`. */
export function statsQuery({ rangeMs, bucketMs }: { rangeMs: number; bucketMs: number }) {
  return queryOptions({
    queryKey: ['stats', rangeMs, bucketMs],
    queryFn: ({ signal }) => {
      const start = Math.floor((Date.now() - rangeMs) / bucketMs) * bucketMs;
      const query = { from: new Date(start).toISOString(), bucketMs };
      return bodyOf(api.GET('/v1/stats', { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: SELDOM_MS / 2,
  });
}

export function participantsQuery() {
  return queryOptions({
    queryKey: ['participants'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/participants', { signal })),
    refetchInterval: OFTEN_MS,
  });
}

export function definitionsQuery() {
  return queryOptions({
    queryKey: ['definitions'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/definitions', { signal })),
    refetchInterval: SELDOM_MS,
  });
}

/** Undefined = the newest version. */
export function definitionQuery(name: string, version?: number) {
  return queryOptions({
    queryKey: ['definition', name, version],
    queryFn: ({ signal }) => {
      const query = version === undefined ? {} : { version };
      const params = { path: { name }, query };
      return bodyOf(api.GET('/v1/definitions/{name}', { params, signal }));
    },
    staleTime: 60_000,
  });
}

export function deadLettersQuery() {
  return infiniteQueryOptions({
    queryKey: ['dead-letters'],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(api.GET('/v1/dead-letters', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: SELDOM_MS,
  });
}

export function deadLetterQuery(id: string) {
  return queryOptions({
    queryKey: ['dead-letter', id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/dead-letters/{id}', { params: { path: { id } }, signal })),
  });
}

/** `object` = an id; everything without it. */
export function auditQuery(object?: string) {
  return infiniteQueryOptions({
    queryKey: ['audit', object],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(object && { object }),
        ...(pageParam && { cursor: pageParam }),
      };
      return bodyOf(api.GET('/v1/audit', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: SELDOM_MS,
  });
}

export function inDoubtQuery() {
  return queryOptions({
    queryKey: ['in-doubt'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/in-doubt', { signal })),
    refetchInterval: OFTEN_MS,
  });
}

export function batchesQuery() {
  return infiniteQueryOptions({
    queryKey: ['batches'],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) };
      return bodyOf(api.GET('/v1/batches', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: OFTEN_MS,
  });
}

/** With its progress, followed until its end. */
export function batchQuery(id: string) {
  return queryOptions({
    queryKey: ['batch', id],
    queryFn: ({ signal }) =>
      bodyOf(api.GET('/v1/batches/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? FAST_MS : false),
  });
}

/** Of the coordinator that answers; it does not change while it runs. */
export function configurationQuery() {
  return queryOptions({
    queryKey: ['configuration'],
    queryFn: ({ signal }) => bodyOf(api.GET('/v1/configuration', { signal })),
    staleTime: Infinity,
  });
}
