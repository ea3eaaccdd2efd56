// What a reader has to know to judge the figures.

export const FAIRNESS = `## How it is measured

- Closed loop: so many sagas under way, the next starts when one ends. Every end is checked; \`bad\` counts ends
  that were not what they should have been and must be 0. The participant's counters are compared with what the
  run must have caused: \`calls\` in the rows.
- Every contender is measured in a process of its own, started for this measurement, on a database of its own that
  is new, on one PostgreSQL that the project installs (the embedded one, default durability: \`fsync\`,
  \`synchronous_commit\` and \`full_page_writes\` on). After a warm-up and a checkpoint it is driven for some seconds.
- Rounds are interleaved: each contender once, then all again. Figures are medians over rounds, claims are ratios
  of medians of the same run. Absolute figures belong to this machine, where everything shares the same cores.
- A gate waits until less than a quarter of a core is busy. What processes other than ours used meanwhile is in the
  rows as \`foreign\` cores; a round with more than 0.25 is repeated once, then marked by \`*\`, and left out of the
  medians as long as there are rounds without a mark.
- CPU is that of each process by \`/proc\`, PostgreSQL with its backends. Where the coordinator is in the process
  that puts the load on it, its CPU includes that load's. WAL and commits come from the position of the WAL and
  the transaction ids given out, exact at once; fsyncs from \`pg_stat_io\` over the whole life of a contender.
- The same participant, the same HTTP client (undici, 64 keep-alive connections, no pipelining) and the same load
  for all. DTM and Restate bring clients of their own.`;

export const SETTINGS = [
  [
    'Skald',
    'as shipped: full history, statistics, circuit breakers, recovery; one connection for commits; defaults for all limits',
  ],
  [
    'floor',
    'a throw-away loop of the same shape: state machine in memory, natural group commit of row and history, commands leave after the commit. No recovery, retries, time-outs, validation, API. One flusher over HTTP, two over batches and Kafka (its best here)',
  ],
  [
    'transaction-per-step',
    'written by hand: BEGIN, SELECT FOR UPDATE, UPDATE, INSERT into a log, COMMIT for each transition; a pool of 20 connections',
  ],
  ['autocommit-per-step', 'written by hand: one UPDATE per transition, no log; the same pool'],
  [
    'DBOS Transact 5.3.0',
    'one workflow, each call a step; defaults, logging only errors, tracing off',
  ],
  [
    'Restate 1.7.12',
    'server with its own store (fsync on), four partitions (its best on two cores), service in Node with ctx.run per call; telemetry off',
  ],
  [
    'DTM 1.19.0',
    'server in Go, PostgreSQL store, 20 connections, 256 idle connections to participants (its default of 3 would starve it), `wait_result`; with and without `UpdateBranchSync`',
  ],
  [
    'Kafka',
    'Apache Kafka 4.1 (KRaft, one broker, 512 MB of heap), kafkajs 2.2.4, `acks=all`, four partitions, fetch waits of 500 ms for the first byte',
  ],
];

export const NOT_MEASURED = `## What is not measured

- More than one machine. Everything shares the cores: a coordinator alone on a machine does more, and a network
  between it and its database adds to each flush.
- Other stores of the peers, their commercial servers, and settings that trade durability for speed.
- Temporal: an earlier look at 1.32 (0.13 of DBOS Transact, 97 ms of CPU per saga) left it out of every run.
- Participants that take time: they decide about latency, not about what a coordinator costs; row 15 alone has slow
  ones.
- Payloads of more than a few dozen bytes, definitions of more than six steps.
- PostgreSQL with replicas, through a pooler, or on a disk of which fsync takes more than 2 ms longer.
- Hours. The longest run is a minute, the largest database 5 million transactions.`;
