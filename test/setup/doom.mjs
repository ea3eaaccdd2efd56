/**
 * An entry point that dies: it wraps the ports of the process it starts, and kills it (SIGKILL) at a named
 * point once a file says so. Points of a coordinator are D1 to D5 of the failure matrix in ARCHITECTURE.md.
 * Those of a participant, in the order in which a branch comes to them: `prepared` (PREPARE TRANSACTION is
 * done), D6 (its vote is about to be sent), `voted` (the vote has left), `finished` (COMMIT PREPARED is
 * done, not acknowledged).
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { ServerResponse } from 'node:http';

/**
 * What a process dies of, as the file has it in JSON: the `hit`-th time that it comes to `point`.
 *
 * @typedef {{ point: string, hit: number }} Doom
 */

/** @typedef {import('@skald/engine').Flush} Flush */
/** @typedef {Flush['updates'][number]} Update */

/** @type {(update: Update, type: string, status: string) => boolean} */
const heard = ({ row, history }, type, status) =>
  row.status === status && history.some((entry) => entry.type === type);

/**
 * The points of a coordinator: before or after the commit of an update of which `is` holds.
 *
 * @type {Record<string, { when: 'before' | 'after', is: (update: Update) => boolean }>}
 */
const OF_COORDINATORS = {
  D1: { when: 'after', is: (update) => heard(update, 'vote-received', 'preparing') },
  D2: { when: 'before', is: (update) => heard(update, 'vote-received', 'committing') },
  D3: { when: 'after', is: (update) => heard(update, 'vote-received', 'committing') },
  D4: { when: 'before', is: (update) => heard(update, 'decision-acknowledged', 'committing') },
  D5: { when: 'before', is: (update) => heard(update, 'decision-acknowledged', 'committed') },
};

/** The points of a participant that lie right after a statement. */
const AFTER_STATEMENTS = { 'prepare transaction': 'prepared', 'commit prepared': 'finished' };

const VOTE = '"vote":"commit"';

/**
 * Wraps the ports of this process.
 *
 * @param {string} file Holds a `Doom` while it is meant to die; removed when it does.
 * @param {string} name Of the process.
 */
export async function awaitDoom(file, name) {
  let hits = 0;
  const meet = (/** @type {string} */ point) => {
    if (!existsSync(file)) return;
    const doom = /** @type {Doom} */ (JSON.parse(readFileSync(file, 'utf8')));
    if (doom.point !== point || ++hits < doom.hit) return;
    rmSync(file);
    process.kill(process.pid, 'SIGKILL');
  };
  if (name === 'coordinator') return wrapStore(meet);
  await Promise.all([wrapDatabase(meet), wrapBus(meet)]);
  wrapAnswers(meet);
}

/** @param {(point: string) => void} meet */
async function wrapStore(meet) {
  const { PostgresStore } = await import('@skald/storage-postgres');
  const { commit } = PostgresStore.prototype;
  /** @type {(when: 'before' | 'after', flush: Flush) => void} */
  const pass = (when, { updates }) => {
    for (const [point, { when: own, is }] of Object.entries(OF_COORDINATORS)) {
      if (own === when && updates.some(is)) meet(point);
    }
  };
  PostgresStore.prototype.commit = async function (/** @type {Flush} */ flush) {
    pass('before', flush);
    const result = await commit.call(this, flush);
    pass('after', flush);
    return result;
  };
}

/** @param {(point: string) => void} meet */
async function wrapDatabase(meet) {
  const { default: pg } = await import('pg');
  const prototype = /** @type {{ query: (...words: unknown[]) => unknown }} */ (
    /** @type {unknown} */ (pg.Client.prototype)
  );
  const { query } = prototype;
  prototype.query = function (...words) {
    const result = query.apply(this, words);
    const [text] = words;
    const [, point] =
      Object.entries(AFTER_STATEMENTS).find(
        ([start]) => typeof text === 'string' && text.startsWith(start),
      ) ?? [];
    if (point === undefined || !(result instanceof Promise)) return result;
    return result.then((answer) => {
      meet(point);
      return answer;
    });
  };
}

/** @param {(point: string) => void} meet */
async function wrapBus(meet) {
  const { KafkajsBus } = await import('@skald/transport-kafka');
  const { send } = KafkajsBus.prototype;
  /** @type {typeof send} */
  KafkajsBus.prototype.send = async function (messages) {
    const isVote = messages.some(({ value }) => value.includes(VOTE));
    if (isVote) meet('D6');
    await send.call(this, messages);
    if (isVote) meet('voted');
  };
}

/** @param {(point: string) => void} meet */
function wrapAnswers(meet) {
  const { end } = ServerResponse.prototype;
  /** @type {(this: ServerResponse, ...words: unknown[]) => ServerResponse} */
  const watched = function (...words) {
    if (String(words[0]).includes(VOTE)) {
      meet('D6');
      this.once('finish', () => meet('voted'));
    }
    return Reflect.apply(end, this, words);
  };
  ServerResponse.prototype.end = watched;
}
