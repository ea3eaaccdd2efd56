import react from '@vitejs/plugin-react';
import { defineConfig, loadEnv } from 'vite';

const DEFAULT_COORDINATOR = 'http://127.0.0.1:4600';

/** What the coordinator answers itself while `vite` serves the page's sources. */
const OF_THE_COORDINATOR = ['/v1', '/docs', '/openapi.json', '/health'];

export default defineConfig(({ mode }) => {
  const { SKALD_URL: target = DEFAULT_COORDINATOR } = loadEnv(mode, import.meta.dirname, 'SKALD_');
  return {
    root: import.meta.dirname,
    plugins: [react()],
    build: {
      // The policy of the coordinator lets nothing in that is not a file of its own.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      chunkSizeWarningLimit: 700,
    },
    server: {
      host: '127.0.0.1',
      // The Host stays the page's own, so that the coordinator sees requests of the same origin.
      proxy: Object.fromEntries(OF_THE_COORDINATOR.map((path) => [path, { target }])),
    },
  };
});
