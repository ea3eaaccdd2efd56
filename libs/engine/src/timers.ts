import type { OutgoingCommand } from '@skald/core';
import type { DatabaseClock } from './clock.js';
import type { Dispatcher } from './dispatcher.js';
import type { Live, Work } from './live.js';
import type { EngineLimits } from './options.js';
import type { Residents } from './residents.js';

export interface TimersOptions {
  readonly residents: Residents;
  readonly dispatcher: Dispatcher;
  readonly clock: DatabaseClock;
  readonly limits: EngineLimits;
  readonly random: () => number;
  readonly feed: (live: Live, work: Work) => void;
  /** Whether nothing may be judged now, because answers cannot be stored. */
  readonly isHeldUp: () => boolean;
  /** This instance: what others own is theirs to ask for. */
  readonly owner: () => number;
}

/** A tick that comes later than this after the last one means that answers may have been missed. */
const GAP_MS = 2_000;

/**
 * Looks at what resident transactions wait for: asks again, or notices that no answer came.
 *
 * E6  Only attempts that this process really sent time out. What was sent before a gap (recovery, a
 *     stalled process, a lost database) is sent once more, uncounted, and its answer awaited, before a
 *     time-out or deadline may turn a saga back: an outage of ours is no mass compensation.
 * E7  No attempt counts while its participant's circuit is open or its limit holds the command back.
 */
export class Timers {
  private lastTick: number;
  private gapEndedAt = 0;

  constructor(private readonly options: TimersOptions) {
    this.lastTick = options.clock.ticks();
  }

  tick(): void {
    const { clock, residents, dispatcher, isHeldUp } = this.options;
    const ticks = clock.ticks();
    const isGap = ticks - this.lastTick > GAP_MS;
    if (isHeldUp()) return; // The next tick that judges sees the gap.
    this.lastTick = ticks;
    if (isGap) this.gapEndedAt = ticks;
    const now = clock.now();
    const owner = this.options.owner();
    for (const live of residents.all()) {
      if (live.isOpen && !live.isQueued && live.owner === owner) this.look(live, ticks, now);
    }
    dispatcher.tick();
  }

  private look(live: Live, ticks: number, now: number): void {
    const { machine, definition, transaction } = live;
    if (machine.dueAt(transaction) > now) return;
    const isLate = machine.deadlineOf(definition, transaction) <= now;
    if (isLate && this.passDeadline(live, ticks, now)) return;
    for (const command of live.commands()) {
      if (command.resendAt <= now) this.lookAt(live, command, ticks);
    }
  }

  private lookAt(live: Live, command: OutgoingCommand, ticks: number): void {
    const { dispatcher, clock, random, feed } = this.options;
    const gate = dispatcher.gate(command.participant);
    const sentAt = gate?.look(command);
    if (sentAt === 'held' || !gate) return;
    const isOld = sentAt !== undefined && sentAt < this.gapEndedAt;
    if (isOld) live.askAgain(command);
    if (sentAt === undefined || isOld) {
      gate.submit(command, ticks);
      return;
    }
    if (ticks < sentAt + command.timeoutMs) return;
    const counts = gate.settle(command, 'timeout', ticks);
    if (!counts) {
      live.askAgain(command);
      gate.submit(command, ticks);
      return;
    }
    const { step, direction, attempt } = command;
    const event = {
      type: 'timed-out',
      step,
      direction,
      attempt,
      at: clock.now(),
      entropy: random(),
    } as const;
    feed(live, { event });
  }

  /** True when the transaction is told that its time is over. */
  private passDeadline(live: Live, ticks: number, now: number): boolean {
    const grace = this.gapEndedAt + longestWait(live);
    if (ticks < live.graceUntil || (this.gapEndedAt > 0 && ticks < grace)) return false;
    this.options.feed(live, { event: { type: 'deadline-passed', at: now } });
    return true;
  }
}

/** Ms in which every pending command must have been answered. */
export function longestWait(live: Live): number {
  return Math.max(0, ...live.commands().map(({ timeoutMs }) => timeoutMs));
}
