import type { EngineMetrics } from '@skald/engine';
import { expectGenerated } from '../../../../test/setup/generated-docs.js';
import { Metrics, METRICS } from './metrics.js';

const MEASURED: EngineMetrics = {
  ...{ inMemory: 3, maxInMemory: 20_000, remembered: 7, queued: 2, waiters: 1 },
  flushes: { flushes: 4, rows: 40, lost: 1, ms: 12 },
  definitions: [
    {
      definition: 'place-order',
      started: 5,
      settled: new Map([
        ['completed', 3],
        ['parked', 1],
      ]),
      durations: [0, 1, 2, ...Array.from({ length: 12 }, () => 0), 1],
      durationSumMs: 4_500,
    },
  ],
  participants: [
    {
      ...{ participant: 'payment', inFlight: 6, held: 9, maxInFlight: 1_000, isOpen: true },
      sent: 20,
      signs: new Map([
        ['succeeded', 12],
        ['timeout', 2],
      ]),
    },
  ],
};

async function scraped(metrics = MEASURED): Promise<string[]> {
  const streams = () => ({ open: 2, most: 100 });
  const text = await new Metrics({ coordinator: { metrics: () => metrics }, streams }).text();
  return text.split('\n');
}

test('what the engine counted is what is scraped', async () => {
  const lines = await scraped();
  const own = lines.filter((line) => line.startsWith('skald_') && !line.includes('_duration_'));
  expect(own).toMatchInlineSnapshot(`
   [
     "skald_transactions_in_memory 3",
     "skald_transactions_in_memory_limit 20000",
     "skald_ended_ids_remembered 7",
     "skald_flush_queue 2",
     "skald_waiters 1",
     "skald_event_streams 2",
     "skald_event_streams_limit 100",
     "skald_participant_commands_in_flight{participant="payment"} 6",
     "skald_participant_commands_in_flight_limit{participant="payment"} 1000",
     "skald_participant_commands_held{participant="payment"} 9",
     "skald_participant_circuit_open{participant="payment"} 1",
     "skald_transactions_started_total{definition="place-order"} 5",
     "skald_transactions_settled_total{definition="place-order",status="completed"} 3",
     "skald_transactions_settled_total{definition="place-order",status="parked"} 1",
     "skald_flushes_total 4",
     "skald_flushed_transitions_total 40",
     "skald_lost_transitions_total 1",
     "skald_flush_seconds_total 0.012",
     "skald_commands_sent_total{participant="payment"} 20",
     "skald_command_outcomes_total{participant="payment",outcome="succeeded"} 12",
     "skald_command_outcomes_total{participant="payment",outcome="timeout"} 2",
   ]
  `);
});

test('durations are a histogram whose buckets add up', async () => {
  const lines = (await scraped()).filter((line) => line.includes('_duration_seconds'));
  expect(lines).toContain('# TYPE skald_transaction_duration_seconds histogram');
  const value = (rest: string) =>
    lines
      .find((line) => line.startsWith(`skald_transaction_duration_seconds${rest}`))
      ?.split(' ')[1];
  expect(value('_bucket{definition="place-order",le="0.005"}')).toBe('0');
  expect(value('_bucket{definition="place-order",le="0.025"}')).toBe('3');
  expect(value('_bucket{definition="place-order",le="3600"}')).toBe('3');
  expect(value('_bucket{definition="place-order",le="+Inf"}')).toBe('4');
  expect(value('_count{definition="place-order"}')).toBe('4');
  expect(value('_sum{definition="place-order"}')).toBe('4.5');
});

test('counts never go back, and nothing is counted twice by scraping twice', async () => {
  const first = await scraped();
  const second = await scraped();
  const own = (lines: string[]) => lines.filter((line) => line.startsWith('skald_'));
  expect(own(second)).toEqual(own(first));
});

test('the process is measured, once for all servers in it', async () => {
  const lines = await scraped();
  await scraped();
  expect(lines.filter((line) => line.startsWith('# TYPE process_cpu_seconds_total'))).toHaveLength(
    1,
  );
});

test('docs/reference/metrics.md has every metric', async () => {
  const rows = METRICS.map(({ name, help }) => `| \`${name}\` | ${help} |`);
  const table = ['| metric | meaning |', '|---|---|', ...rows].join('\n');
  await expectGenerated('docs/reference/metrics.md', 'metrics', table);
});
