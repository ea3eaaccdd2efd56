// The floor: a throw-away coordinator that does nothing but what every coordinator of this shape must.
// State machine in memory, natural group commit of row and history in one statement, every transition
// durable before the next command leaves. No recovery, no retries, no time-outs, no validation, no API.
//   via: http = one POST per command, batch = up to 100 commands per POST, kafka
import { randomBytes } from 'node:crypto';
import { openFloorStore } from './floor-store.mjs';
import { httpClient } from './http.mjs';

const STEPS = ['reserve', 'charge', 'confirm'];
const UNDO = ['release', 'refund', null];
const RUNNING = 1;
const COMPENSATING = 2;
const COMPLETED = 3;
const COMPENSATED = 4;
const MAX_FLUSH = 1000;
const MAX_BATCH = 100;

/** Time-ordered, so that the index grows at its right edge. */
function uuid7() {
  const time = Date.now().toString(16).padStart(12, '0');
  const rest = randomBytes(10).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-a${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

class Floor {
  queue = [];
  out = [];
  scheduled = false;
  stats = { flushes: 0, rows: 0 };

  constructor(store, flushers, send) {
    this.store = store;
    this.busy = new Array(flushers).fill(false);
    this.send = send;
  }

  run(order, fail) {
    return new Promise((done) => {
      const data = `{"order":${order},"amount":4200}`;
      const saga = { id: uuid7(), state: RUNNING, step: 0, seq: 0, fail, data, reply: '', done };
      this.enqueue(saga);
    });
  }

  reply(saga, ok) {
    saga.seq++;
    saga.reply = ok ? '{"ok":true}' : '{"ok":false}';
    if (saga.state === COMPENSATING) {
      if (--saga.step < 0) saga.state = COMPENSATED;
    } else if (ok) {
      if (++saga.step === STEPS.length) saga.state = COMPLETED;
    } else {
      saga.state = --saga.step < 0 ? COMPENSATED : COMPENSATING;
    }
    this.enqueue(saga);
  }

  enqueue(saga) {
    this.queue.push(saga);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  pump() {
    for (let k = 0; k < this.busy.length && this.queue.length > 0; k++) {
      if (this.busy[k]) continue;
      this.busy[k] = true;
      void this.flush(k, this.queue.splice(0, MAX_FLUSH));
    }
  }

  async flush(k, sagas) {
    await this.store.write(k, sagas);
    this.stats.flushes++;
    this.stats.rows += sagas.length;
    this.busy[k] = false;
    for (const saga of sagas) this.next(saga);
    if (this.out.length > 0) this.send(this.out.splice(0));
    if (this.queue.length > 0) this.pump();
  }

  /** The transition is durable: its command may leave now. */
  next(saga) {
    if (saga.state === RUNNING) {
      this.out.push({ saga, step: STEPS[saga.step], fail: saga.fail && saga.step === 2 });
    } else if (saga.state === COMPENSATING) {
      this.out.push({ saga, step: UNDO[saga.step], fail: false });
    } else saga.done(saga.state === COMPLETED);
  }
}

const singly = (http, reply) => (commands) => {
  for (const { saga, step, fail } of commands) {
    const body = `{"sagaId":"${saga.id}","amount":4200}`;
    http.post(fail ? `/${step}?fail=1` : `/${step}`, body, ({ ok }) => reply(saga, ok));
  }
};

const inBatches = (http, reply) => (commands) => {
  for (let from = 0; from < commands.length; from += MAX_BATCH) {
    const batch = commands.slice(from, from + MAX_BATCH);
    const parts = batch.map(
      ({ saga, step, fail }) =>
        `{"p":"${step}","id":"${saga.id}","amount":4200${fail ? ',"fail":true' : ''}}`,
    );
    http.post('/batch', `[${parts.join(',')}]`, (answers) => {
      for (const [n, { saga }] of batch.entries()) reply(saga, answers[n]);
    });
  }
};

export async function start({ databaseUrl, origin, via = 'http', flushers = 1, ...rest }) {
  const store = await openFloorStore(databaseUrl, flushers);
  const http = httpClient(origin);
  const reply = (saga, ok) => floor.reply(saga, ok);
  let bus;
  if (via === 'kafka') bus = await (await import('./floor-kafka.mjs')).openBus(rest, reply);
  const send = bus?.send ?? (via === 'batch' ? inBatches : singly)(http, reply);
  const floor = new Floor(store, flushers, send);
  return {
    pids: bus?.pids ?? {},
    run: (order, fail) => floor.run(order, fail),
    extra() {
      const { flushes, rows } = floor.stats;
      floor.stats = { flushes: 0, rows: 0 };
      return { flushes, rowsPerFlush: Number((rows / flushes).toFixed(1)) };
    },
    async stop() {
      await bus?.stop();
      await store.close();
      await http.close();
    },
  };
}
