import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { Shell } from './layout/shell.js';
import { parseSearch, stringifySearch } from './search-params.js';
import { listSearchOf } from './transactions/list-search.js';
import { Empty } from './ui/states.js';

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Shell,
  notFoundComponent: () => <Empty title="No such page">The menu shows those there are.</Empty>,
});

const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
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
  component: lazyRouteComponent(
    () => import('./transaction/transaction-page.js'),
    'TransactionPage',
  ),
});

/** Every page; filters and tabs live in typed search parameters. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([overviewRoute, listRoute, transactionRoute]),
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
