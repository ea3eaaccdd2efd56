import { randomUUID } from 'node:crypto';
import {
  asTransactionId,
  commandId,
  type CommandEvent,
  type Operation,
  type OutgoingCommand,
  type PreparedReport,
  type Reply,
  type ReplyEvent,
  type TransactionId,
} from '@skald/core';
import type { DeadLetter, Transport, TransportSink, Undelivered } from '@skald/engine';
import { until } from './bus-harness.js';

/** How the harness's participants answer a command: with a reply, with bytes that are none, or never. */
export type Answerer = (command: CommandEvent) => Reply | 'garbage' | 'nothing';

/** What `transportConformance` needs of an implementation. */
export interface TransportHarness {
  /** Names of two participants that are registered and run. */
  readonly participants: readonly [string, string];
  /** What both of them do with every command from now on, repeats included. */
  answerWith(answerer: Answerer): void;
  /** Another transport to the same participants, not started. The suite stops it. */
  makeTransport(): Transport;
  tearDown(): Promise<void>;
}

const TIMEOUT_MS = 5_000;
const SUCCESS: Reply = { outcome: 'succeeded', reply: { done: true } };

/** A sink that remembers what it hears and calls every `onDurable` at once. */
export class RecordingSink implements TransportSink {
  readonly replies: ReplyEvent[] = [];
  readonly notDelivered: { readonly command: OutgoingCommand; readonly why: Undelivered }[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly reports: PreparedReport[] = [];

  replied(reply: ReplyEvent, onDurable?: () => void): void {
    this.replies.push(reply);
    onDurable?.();
  }

  undelivered(command: OutgoingCommand, why: Undelivered): void {
    this.notDelivered.push({ command, why });
  }

  reported(report: PreparedReport): Promise<void> {
    this.reports.push(report);
    return Promise.resolve();
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    this.deadLetters.push(letter);
    return Promise.resolve();
  }

  /** Everything that was heard, whatever it was. */
  get count(): number {
    return this.replies.length + this.notDelivered.length + this.deadLetters.length;
  }

  repliesTo({ transaction, step, direction }: OutgoingCommand): Reply[] {
    return this.replies
      .filter((reply) => reply.transaction === transaction && reply.step === step)
      .filter((reply) => reply.direction === direction)
      .map(({ reply }) => reply);
  }
}

/** A command of a transaction of its own, for any participant, with a schema that takes everything. */
export function makeCommand(overrides: Partial<OutgoingCommand> = {}): OutgoingCommand {
  const participant = overrides.participant ?? 'inventory';
  return {
    transaction: newTransactionId(),
    step: 'reserve-stock',
    direction: 'action',
    attempt: 1,
    participant,
    operation: makeOperation({ participant }),
    body: '{"sku":"WIDGET","quantity":2}',
    isRefusable: true,
    timeoutMs: TIMEOUT_MS,
    maxAttempts: 20,
    resendAt: Date.UTC(2026, 10, 22, 9, 0, 10, 123),
    startedAt: Date.UTC(2026, 10, 22, 9, 0, 0, 123),
    deadline: Date.UTC(2026, 10, 22, 9, 10, 0, 123),
    ...overrides,
  };
}

/** An operation of `inventory` named `reserve` whose schemas take everything. */
export function makeOperation(overrides: Partial<Operation> = {}): Operation {
  const anything: Operation['request'] = {
    '~standard': { version: 1, vendor: 'testing', validate: (value) => ({ value }) },
  };
  return {
    participant: 'inventory',
    operation: 'reserve',
    request: anything,
    reply: anything,
    rest: undefined,
    reservationTtlMs: undefined,
    ...overrides,
  };
}

function newTransactionId(): TransactionId {
  return asTransactionId(randomUUID()) ?? newTransactionId();
}

/** One started transport for all tests of the suite but those that stop theirs. */
interface Context {
  readonly harness: () => TransportHarness;
  readonly transport: () => Transport;
  readonly sink: () => RecordingSink;
}

/**
 * What every implementation of the Transport port keeps; call it in a spec, under Jest's globals.
 *
 * @param name of the implementation
 * @param setUp makes the participants and whatever lies between
 */
export function transportConformance(name: string, setUp: () => Promise<TransportHarness>): void {
  describe(`the transport of ${name}`, () => {
    let harness: TransportHarness;
    let transport: Transport;
    let sink: RecordingSink;

    beforeAll(async () => {
      harness = await setUp();
      transport = harness.makeTransport();
      await transport.start({
        replied: (reply, onDurable) => {
          sink.replied(reply, onDurable);
        },
        undelivered: (command, why) => {
          sink.undelivered(command, why);
        },
        reported: (report) => sink.reported(report),
        deadLetter: (letter) => sink.deadLetter(letter),
      });
    }, 600_000);
    afterAll(async () => {
      await transport.stop();
      await harness.tearDown();
    }, 60_000);
    beforeEach(() => {
      sink = new RecordingSink();
      harness.answerWith(() => SUCCESS);
    });

    const context = { harness: () => harness, transport: () => transport, sink: () => sink };
    carriageConformance(context);
    outcomeConformance(context);
    troubleConformance(context);
    lifeConformance(context);
  });
}

function carriageConformance({ harness, transport, sink }: Context): void {
  it('brings a command with all its attributes, and its reply back', async () => {
    const seen: CommandEvent[] = [];
    harness().answerWith((command) => {
      seen.push(command);
      return SUCCESS;
    });
    const [participant] = harness().participants;
    const command = makeCommand({ participant, attempt: 3, isRefusable: true });
    transport().send([command]);
    await until('the reply has come', () => sink().replies.length === 1);
    const { transaction, step, direction, attempt, startedAt, deadline } = command;
    const key = { transaction, step, direction, attempt };
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      ...{ ...key, startedAt, deadline, operation: 'reserve', isRefusable: true },
      id: commandId(transaction, step, direction),
      data: { sku: 'WIDGET', quantity: 2 },
    });
    expect(seen[0]?.traceparent).toContain(transaction.replaceAll('-', ''));
    expect(sink().replies).toMatchObject([{ ...key, reply: SUCCESS }]);
  });

  it('keeps requests and replies whatever characters they are made of', async () => {
    const request = { text: 'é\u0000"\\\n😀 ]}', deep: [[{ a: [1e21, -0.5, null] }]], empty: '' };
    harness().answerWith(({ data }) => ({ outcome: 'succeeded', reply: data }));
    const [participant] = harness().participants;
    transport().send([makeCommand({ participant, body: JSON.stringify(request) })]);
    await until('the reply has come', () => sink().replies.length === 1);
    expect(sink().replies[0]?.reply).toEqual({ outcome: 'succeeded', reply: request });
  });

  it('answers each of many commands to two participants once, with its own reply', async () => {
    harness().answerWith(({ data }) => ({ outcome: 'succeeded', reply: data }));
    const commands = Array.from({ length: 250 }, (_, index) =>
      makeCommand({
        participant: harness().participants[index % 2 === 0 ? 0 : 1],
        body: JSON.stringify({ index, filler: 'x'.repeat(index % 7 === 0 ? 20_000 : 10) }),
      }),
    );
    transport().send(commands);
    await until('all replies have come', () => sink().replies.length >= commands.length);
    expect(sink().count).toBe(commands.length);
    commands.forEach((command) => {
      const reply: unknown = JSON.parse(command.body);
      expect(sink().repliesTo(command)).toEqual([{ outcome: 'succeeded', reply }]);
    });
  });

  it('sends a command again when told to, and brings both replies', async () => {
    const [participant] = harness().participants;
    const command = makeCommand({ participant });
    transport().send([command]);
    transport().send([{ ...command, attempt: 2 }]);
    await until('both replies have come', () => sink().replies.length === 2);
    expect(
      sink()
        .replies.map(({ attempt }) => attempt)
        .sort(),
    ).toEqual([1, 2]);
  });
}

function outcomeConformance({ harness, transport, sink }: Context): void {
  const outcomes: Reply[] = [
    { outcome: 'succeeded', reply: null },
    { outcome: 'rejected', reason: 'out-of-stock', detail: 'WIDGET: 1 left' },
    { outcome: 'failed', reason: 'unavailable', retryAfterMs: 1500 },
    { outcome: 'barred' },
    { outcome: 'expired' },
  ];

  it('brings every outcome as it was given', async () => {
    const [participant] = harness().participants;
    const commands = outcomes.map(() => makeCommand({ participant }));
    harness().answerWith(
      ({ transaction }) =>
        outcomes[commands.findIndex((command) => command.transaction === transaction)] ?? SUCCESS,
    );
    transport().send(commands);
    await until('all replies have come', () => sink().replies.length === outcomes.length);
    expect(commands.flatMap((command) => sink().repliesTo(command))).toEqual(outcomes);
  });

  it('tells actions, compensations and bars of one step apart', async () => {
    const [participant] = harness().participants;
    const directions = ['action', 'compensation', 'bar'] as const;
    const command = makeCommand({ participant });
    const commands = directions.map((direction) => ({ ...command, direction }));
    harness().answerWith(({ direction }) => ({ outcome: 'rejected', reason: direction }));
    transport().send(commands);
    await until('all replies have come', () => sink().replies.length === 3);
    expect(commands.flatMap((sent) => sink().repliesTo(sent))).toEqual(
      directions.map((reason) => ({ outcome: 'rejected', reason })),
    );
  });
}

function troubleConformance({ harness, transport, sink }: Context): void {
  it('reports a command for somebody unknown as undelivered, and never from within send', async () => {
    const command = makeCommand({ participant: 'nobody' });
    transport().send([command]);
    expect(sink().count).toBe(0);
    await until('it is reported', () => sink().count === 1);
    expect(sink().notDelivered).toEqual([
      { command, why: expect.objectContaining({ reason: 'not-registered' }) as unknown },
    ]);
  });

  it('takes garbage for an answer of one kind only: failed, or a dead letter', async () => {
    harness().answerWith(() => 'garbage');
    const [participant, other] = harness().participants;
    const command = makeCommand({ participant });
    transport().send([command]);
    await until('it is reported', () => sink().count === 1);
    const [reply] = sink().repliesTo(command);
    if (reply) expect(reply).toMatchObject({ outcome: 'failed' });
    else expect(sink().deadLetters).toHaveLength(1);
    harness().answerWith(() => SUCCESS);
    const commands = [makeCommand({ participant }), makeCommand({ participant: other })];
    transport().send(commands);
    await until('those that follow are answered', () =>
      commands.every((sent) => sink().repliesTo(sent).length === 1),
    );
  });

  it('lets nobody wait for a participant that does not answer', async () => {
    const [silent, other] = harness().participants;
    const asked = makeCommand({ participant: silent });
    harness().answerWith(({ transaction }) =>
      transaction === asked.transaction ? 'nothing' : SUCCESS,
    );
    const commands = [silent, other].map((participant) => makeCommand({ participant }));
    transport().send([asked]);
    transport().send(commands);
    await until('the others are answered', () => sink().replies.length >= commands.length);
    expect(commands.flatMap((command) => sink().repliesTo(command))).toEqual([SUCCESS, SUCCESS]);
    // What becomes of it later is failure or silence, by the transport's nature.
    expect(sink().repliesTo(asked)).toEqual([]);
  });
}

function lifeConformance({ harness, transport }: Context): void {
  it('is ready while it runs', async () => {
    await until('it is ready', () => transport().health().isReady);
    expect(transport().health().reasons).toEqual([]);
  });

  it('reports nothing any more once stopped, takes no harm from more calls, and says so', async () => {
    const mine = harness().makeTransport();
    expect(mine.health().isReady).toBe(false);
    const heard = new RecordingSink();
    await mine.start(heard);
    const [participant] = harness().participants;
    mine.send(Array.from({ length: 20 }, () => makeCommand({ participant })));
    await mine.stop();
    const { count } = heard;
    mine.send([makeCommand({ participant }), makeCommand({ participant: 'nobody' })]);
    await mine.stop();
    expect(mine.health().isReady).toBe(false);
    expect(mine.health().reasons).not.toEqual([]);
    expect(heard.count).toBe(count);
  }, 60_000);
}
