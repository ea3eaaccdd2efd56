import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { isWorthRetrying } from './api/problem.js';
import { router } from './router.js';
import { theme } from './theme/theme.js';

const MAX_RETRIES = 2;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always', // The coordinator may be on this machine, whatever the network does.
      retry: (failures, error) => failures < MAX_RETRIES && isWorthRetrying(error),
      staleTime: 1_000,
    },
    mutations: { networkMode: 'always' },
  },
});

/**
 * The whole page. Variables and classes that Mantine would write into a `<style>` element come from
 * theme.css instead: the coordinator's policy allows styles of files alone.
 */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} context={{ queryClient }} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
