import { randomUUID } from 'node:crypto';
import {
  isSaga,
  machineOf,
  type AnyTransaction,
  type Definition,
  type OutgoingCommand,
  type Reply,
  type ReplyEvent,
  type StepState,
  type TransactionId,
} from '@skald/core';
import {
  Engine,
  type AuditEntry,
  type BeginRequest,
  type EngineLimits,
  type Transport,
  type TransportSink,
  type TransactionStore,
} from '@skald/engine';

/** What a participant does with a command: answers, is out of reach, or says nothing. */
export type Answer = Reply | 'undelivered' | 'silence';

/** A transport whose participants are a function. Answers come in a later turn, as they do in life. */
export class LoopbackTransport implements Transport {
  readonly sent: OutgoingCommand[] = [];
  private sink: TransportSink | undefined;

  constructor(public answer: (command: OutgoingCommand) => Answer) {}

  start(sink: TransportSink): Promise<void> {
    this.sink = sink;
    return Promise.resolve();
  }

  send(commands: readonly OutgoingCommand[]): void {
    this.sent.push(...commands);
    setImmediate(() => {
      for (const command of commands) this.carryOut(command);
    });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  health() {
    return { isReady: true, reasons: [] };
  }

  /** Lets an answer arrive that nobody asked this transport for. */
  deliver(reply: ReplyEvent): void {
    this.sink?.replied(reply);
  }

  private carryOut(command: OutgoingCommand): void {
    const answer = this.answer(command);
    if (answer === 'silence') return;
    if (answer === 'undelivered') {
      this.sink?.undelivered(command, { reason: 'unreachable' });
      return;
    }
    const { transaction, step, direction, attempt } = command;
    this.sink?.replied({ transaction, step, direction, attempt, reply: answer });
  }
}

export interface TestEngine {
  readonly engine: Engine;
  readonly transport: LoopbackTransport;
  readonly audits: AuditEntry[];
}

export interface EngineSettings {
  readonly answer: (command: OutgoingCommand) => Answer;
  readonly limits?: Partial<EngineLimits>;
}

/** An engine whose every participant is `answer`. */
export async function startEngine(
  store: TransactionStore,
  definitions: readonly Definition[],
  {
    answer,
    limits,
  }: { answer: (command: OutgoingCommand) => Answer; limits?: Partial<EngineLimits> },
): Promise<TestEngine> {
  const transport = new LoopbackTransport(answer);
  const audits: AuditEntry[] = [];
  const participants = new Set(
    definitions.flatMap(
      (definition) => machineOf(definition.protocol)?.participantsOf(definition) ?? [],
    ),
  );
  const engine = new Engine({
    name: 'test',
    definitions,
    store,
    transports: { loopback: transport },
    participants: Object.fromEntries([...participants].map((name) => [name, 'loopback'])),
    limits: { tickMs: 10, pollMs: 50, ...limits },
    recordAudit: (entry) => {
      audits.push(entry);
      return Promise.resolve();
    },
    addDeadLetter: () => Promise.resolve(),
  });
  await engine.start();
  return { engine, transport, audits };
}

/** A start with a new id. */
export function startOf(
  definition: string,
  input: unknown,
  more: Partial<BeginRequest> = {},
): BeginRequest {
  return {
    id: randomUUID() as TransactionId,
    definition,
    input,
    labels: {},
    requestHash: 'a'.repeat(64),
    startedBy: 'local',
    ...more,
  };
}

export const SUCCEEDED: Reply = { outcome: 'succeeded', reply: {} };

/** Where the steps of a saga stand. */
export function stepsIn(transaction: AnyTransaction | undefined): readonly StepState[] {
  return transaction && isSaga(transaction) ? transaction.state.steps : [];
}
