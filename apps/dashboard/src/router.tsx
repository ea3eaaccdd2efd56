import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { Shell } from './layout/shell.js';
import { parseSearch, stringifySearch } from './search-params.js';
import { auditSearchOf, definitionSearchOf, openSearchOf, startSearchOf } from './simple-search.js';
import { overviewSearchOf } from './overview/overview-search.js';
import { transactionSearchOf } from './transaction/transaction-search.js';
import { listSearchOf } from './transactions/list-search.js';
import { Empty } from './ui/states.js';

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Shell,
  notFoundComponent: () => <Empty title="No such page">The menu shows those there are.</Empty>,
});

const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: overviewSearchOf,
  component: lazyRouteComponent(() => import('./overview/overview-page.js'), 'OverviewPage'),
});

const listRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/transactions',
  validateSearch: listSearchOf,
  component: lazyRouteComponent(() => import('./transactions/list-page.js'), 'ListPage'),
});

const transactionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/transactions/$id',
  validateSearch: transactionSearchOf,
  component: lazyRouteComponent(
    () => import('./transaction/transaction-page.js'),
    'TransactionPage',
  ),
});

const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/start',
  validateSearch: startSearchOf,
  component: lazyRouteComponent(() => import('./start/start-page.js'), 'StartPage'),
});

const participantsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/participants',
  component: lazyRouteComponent(
    () => import('./participants/participants-page.js'),
    'ParticipantsPage',
  ),
});

const definitionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/definitions',
  component: lazyRouteComponent(
    () => import('./definitions/definitions-page.js'),
    'DefinitionsPage',
  ),
});

const definitionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/definitions/$name',
  validateSearch: definitionSearchOf,
  component: lazyRouteComponent(() => import('./definitions/definition-page.js'), 'DefinitionPage'),
});

const deadLettersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dead-letters',
  validateSearch: openSearchOf,
  component: lazyRouteComponent(
    () => import('./dead-letters/dead-letters-page.js'),
    'DeadLettersPage',
  ),
});

const inDoubtRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/in-doubt',
  component: lazyRouteComponent(() => import('./in-doubt/in-doubt-page.js'), 'InDoubtPage'),
});

const batchesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/batches',
  validateSearch: openSearchOf,
  component: lazyRouteComponent(() => import('./batches/batches-page.js'), 'BatchesPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: auditSearchOf,
  component: lazyRouteComponent(() => import('./audit/audit-page.js'), 'AuditPage'),
});

const pages = [
  overviewRoute,
  listRoute,
  transactionRoute,
  startRoute,
  participantsRoute,
  definitionsRoute,
  definitionRoute,
  inDoubtRoute,
  deadLettersRoute,
  batchesRoute,
  auditRoute,
] as const;

/** Every page; filters and tabs live in typed search parameters. */
export const router = createRouter({
  routeTree: rootRoute.addChildren(pages),
  context: { queryClient: undefined as unknown as QueryClient },
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
