// A process that keeps the launcher's contract and does nothing, for specs of the launcher.
import { createServer } from 'node:http';

process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit(0));
process.on('message', (/** @type {{ type?: string }} */ message) => {
  if (message.type === 'stop') process.exit(0);
});

if (process.env['FAKE_FATAL']) {
  console.error(process.env['FAKE_FATAL']);
  process.send?.({ type: 'fatal', message: process.env['FAKE_FATAL'] }, () => process.exit(2));
} else {
  const { PORT, DATABASE_URL, SKALD_PARTICIPANTS, SKALD_SECRET } = process.env;
  const { COORDINATOR_URL, WAREHOUSE_NAME } = process.env;
  const told = { DATABASE_URL, SKALD_PARTICIPANTS, SKALD_SECRET, COORDINATOR_URL, WAREHOUSE_NAME };
  const seen = JSON.stringify(told);
  const server = createServer((_request, response) => void response.end(seen));
  server.listen(Number(PORT ?? 0), '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    process.send?.({ type: 'ready', port });
  });
}
