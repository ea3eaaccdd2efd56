import { asTransactionId, isName, type TransactionId } from '@skald/core';

/** One branch in one round of a transaction: what a prepared database transaction belongs to. */
export interface Branch {
  readonly transaction: TransactionId;
  /** The `skaldstep` of its commands. */
  readonly step: string;
  /** The transaction's start, ms since the epoch: part of the barrier row's key. */
  readonly startedAt: number;
}

const STEP = /^[a-z][a-z0-9-]{0,40}(?:\.[a-z][a-z0-9-]{0,40})?(?:\.[1-9]\d{0,3})?$/;
const START = /^[0-9a-z]{1,11}$/;

/**
 * The names under which one coordinator's branches are prepared in PostgreSQL: `skald:<coordinator>:
 * <transaction>:<step>:<start, base 36>`. At most 191 bytes, the limit is 199. They need no quoting
 * and say all that recovery has to know, since the rows of a prepared transaction cannot be seen.
 */
export class Gids {
  readonly prefix: string;

  /** @throws TypeError for a name that is none. */
  constructor(coordinator: string) {
    if (!isName(coordinator)) throw new TypeError(`coordinator.name: ${coordinator} is not a name`);
    this.prefix = `skald:${coordinator}:`;
  }

  of({ transaction, step, startedAt }: Branch): string {
    return `${this.prefix}${transaction}:${step}:${startedAt.toString(36)}`;
  }

  /** The branch of a gid; undefined when it is not one of this coordinator. */
  parse(gid: string): Branch | undefined {
    if (!gid.startsWith(this.prefix)) return undefined;
    const [id = '', step = '', start = '', ...rest] = gid.slice(this.prefix.length).split(':');
    const transaction = asTransactionId(id);
    if (!transaction || !STEP.test(step) || !START.test(start) || rest.length > 0) return undefined;
    return { transaction, step, startedAt: Number.parseInt(start, 36) };
  }
}
