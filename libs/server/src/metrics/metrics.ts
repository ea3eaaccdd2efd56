import {
  DURATION_BOUNDS_MS,
  type Coordinator,
  type DefinitionTotals,
  type EngineMetrics,
} from '@skald/engine';
import { collectDefaultMetrics, Counter, Gauge, Registry, type Metric } from 'prom-client';

/** What metrics are read of, when they are asked for. */
export interface Measured {
  readonly coordinator: Pick<Coordinator, 'metrics'>;
  readonly streams: () => { readonly open: number; readonly most: number };
}

interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (
    metrics: EngineMetrics,
    streams: ReturnType<Measured['streams']>,
  ) => readonly Sample[];
}

const one = (value: number): readonly Sample[] => [{ value }];

function byParticipant(read: (participant: EngineMetrics['participants'][number]) => number) {
  return ({ participants }: EngineMetrics) =>
    participants.map((each) => ({
      value: read(each),
      labels: { participant: each.participant },
    }));
}

/** What is there now. */
const GAUGES: readonly Definition[] = [
  {
    name: 'skald_transactions_in_memory',
    help: 'Open transactions that this coordinator keeps in memory',
    read: ({ inMemory }) => one(inMemory),
  },
  {
    name: 'skald_transactions_in_memory_limit',
    help: 'Starts are refused beyond so many (SKALD_MAX_IN_FLIGHT)',
    read: ({ maxInMemory }) => one(maxInMemory),
  },
  {
    name: 'skald_ended_ids_remembered',
    help: 'Ids of ended transactions that are kept for late replies, at most 20000',
    read: ({ remembered }) => one(remembered),
  },
  {
    name: 'skald_flush_queue',
    help: 'Transactions with events that wait for the next group commit',
    read: ({ queued }) => one(queued),
  },
  {
    name: 'skald_waiters',
    help: 'Transactions whose end somebody waits for',
    read: ({ waiters }) => one(waiters),
  },
  {
    name: 'skald_event_streams',
    help: 'Event streams that are open',
    read: (_, { open }) => one(open),
  },
  {
    name: 'skald_event_streams_limit',
    help: 'Streams beyond so many are refused',
    read: (_, { most }) => one(most),
  },
  {
    name: 'skald_participant_commands_in_flight',
    help: 'Commands of a participant that are not answered yet',
    labels: ['participant'],
    read: byParticipant(({ inFlight }) => inFlight),
  },
  {
    name: 'skald_participant_commands_in_flight_limit',
    help: 'More are held back (SKALD_MAX_IN_FLIGHT_PER_PARTICIPANT)',
    labels: ['participant'],
    read: byParticipant(({ maxInFlight }) => maxInFlight),
  },
  {
    name: 'skald_participant_commands_held',
    help: 'Commands held back by the limit or by the circuit',
    labels: ['participant'],
    read: byParticipant(({ held }) => held),
  },
  {
    name: 'skald_participant_circuit_open',
    help: '1 while a participant counts as out of reach',
    labels: ['participant'],
    read: byParticipant(({ isOpen }) => (isOpen ? 1 : 0)),
  },
];

/** What happened since the process started. */
const COUNTERS: readonly Definition[] = [
  {
    name: 'skald_transactions_started_total',
    help: 'Transactions that this coordinator started',
    labels: ['definition'],
    read: ({ definitions }) =>
      definitions.map(({ definition, started }) => ({ value: started, labels: { definition } })),
  },
  {
    name: 'skald_transactions_settled_total',
    help: 'Transactions that this coordinator ended or parked, by that status',
    labels: ['definition', 'status'],
    read: ({ definitions }) =>
      definitions.flatMap(({ definition, settled }) =>
        [...settled].map(([status, value]) => ({ value, labels: { definition, status } })),
      ),
  },
  {
    name: 'skald_flushes_total',
    help: 'Group commits',
    read: ({ flushes }) => one(flushes.flushes),
  },
  {
    name: 'skald_flushed_transitions_total',
    help: 'Transitions in group commits',
    read: ({ flushes }) => one(flushes.rows),
  },
  {
    name: 'skald_lost_transitions_total',
    help: 'Transitions that another coordinator was faster with',
    read: ({ flushes }) => one(flushes.lost),
  },
  {
    name: 'skald_flush_seconds_total',
    help: 'Time that group commits took, seconds',
    read: ({ flushes }) => one(flushes.ms / 1_000),
  },
  {
    name: 'skald_commands_sent_total',
    help: 'Attempts that were handed to a transport',
    labels: ['participant'],
    read: byParticipant(({ sent }) => sent),
  },
  {
    name: 'skald_command_outcomes_total',
    help: 'How attempts ended: what was answered, timeout, or undelivered',
    labels: ['participant', 'outcome'],
    read: ({ participants }) =>
      participants.flatMap(({ participant, signs }) =>
        [...signs].map(([outcome, value]) => ({ value, labels: { participant, outcome } })),
      ),
  },
];

const DURATION = {
  name: 'skald_transaction_duration_seconds',
  help: 'From the start to the end of transactions that ended, seconds',
};

/** Names of all metrics of its own, for the documentation. */
export const METRICS: readonly { readonly name: string; readonly help: string }[] = [
  ...GAUGES,
  ...COUNTERS,
  DURATION,
];

/** Those of the process itself: one set, however many servers it has. */
let ofProcess: Registry | undefined;

/** What one scrape tells: read once, for all metrics. */
interface Scrape {
  readonly engine: EngineMetrics;
  readonly streams: ReturnType<Measured['streams']>;
}

/**
 * The metrics of a coordinator in the text format of Prometheus. Everything is read when it is asked for:
 * nothing is done for it while transactions run, but counting.
 */
export class Metrics {
  private readonly own = new Registry();
  private scrape: Scrape;

  constructor(private readonly measured: Measured) {
    this.scrape = this.read();
    const latest = () => this.scrape;
    for (const gauge of GAUGES) this.own.registerMetric(metricOf(Gauge, gauge, latest));
    for (const counter of COUNTERS) this.own.registerMetric(metricOf(Counter, counter, latest));
    this.own.registerMetric(durationsOf(latest));
    if (!ofProcess) collectDefaultMetrics({ register: (ofProcess = new Registry()) });
  }

  get contentType(): string {
    return this.own.contentType;
  }

  async text(): Promise<string> {
    this.scrape = this.read();
    return [await this.own.metrics(), await ofProcess?.metrics()].join('\n');
  }

  private read(): Scrape {
    const { coordinator, streams } = this.measured;
    return { engine: coordinator.metrics(), streams: streams() };
  }
}

function metricOf(
  Kind: typeof Gauge | typeof Counter,
  { name, help, labels = [], read }: Definition,
  latest: () => Scrape,
): Metric {
  return new Kind({
    name,
    help,
    labelNames: [...labels],
    registers: [],
    collect() {
      this.reset();
      const { engine, streams } = latest();
      for (const { labels: own = {}, value } of read(engine, streams)) this.inc(own, value);
    },
  });
}

/** A histogram that was counted elsewhere. */
function durationsOf(latest: () => Scrape): Metric {
  const metric = new Counter({ ...DURATION, registers: [] });
  const get = () => {
    const values = latest().engine.definitions.flatMap(bucketsOf);
    return Promise.resolve({ ...DURATION, type: 'histogram', aggregator: 'sum', values });
  };
  return Object.assign(metric, { get });
}

function bucketsOf({ definition, durations, durationSumMs }: DefinitionTotals) {
  const { name } = DURATION;
  let count = 0;
  const buckets = durations.map((some, index) => {
    const bound = DURATION_BOUNDS_MS[index];
    const le = bound === undefined ? '+Inf' : String(bound / 1_000);
    return { metricName: `${name}_bucket`, labels: { definition, le }, value: (count += some) };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { definition }, value: durationSumMs / 1_000 },
    { metricName: `${name}_count`, labels: { definition }, value: count },
  ];
}
