import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { CommandEvent, PreparedReport, Reply, Resolved, ResolveOrder } from '@skald/core';
import { DataSource } from 'typeorm';
import { Barrier } from '../barrier/barrier.js';
import { BatchBarrier } from '../barrier/batch-barrier.js';
import { guardPool } from '../barrier/guarded-pool.js';
import { migrateInbox } from '../barrier/migrate-inbox.js';
import { Reservations } from '../barrier/reservations.js';
import { retentionJob } from '../barrier/retention-job.js';
import { SKALD_TRANSPORT } from '../handles.js';
import type { Settings } from '../options.js';
import type { Periodic } from '../periodic.js';
import { TwoPhase } from '../prepared/two-phase.js';
import { DATA_SOURCE, SETTINGS } from '../tokens.js';
import { Executor, type Target } from './executor.js';
import { failure, isHopeless } from './failure.js';
import { Gate } from './gate.js';
import { handlingsOf, type Handling } from './handler-table.js';

/** Replies of commands that end at the very limit still leave. */
const REPLY_MS = 2_000;

/** A way for commands to come in. */
export interface Intake {
  open(server: SkaldServer): Promise<void>;
  /** Takes nothing new, and fulfils when what was taken is answered. */
  close(): Promise<void>;
  health(): IntakeHealth;
}

export interface IntakeHealth {
  readonly isReady: boolean;
  /** What is wrong now, one sentence each; empty when all is well. */
  readonly reasons: readonly string[];
}

/**
 * Nest's side of the participant: a transport strategy that knows the handlers with their guards,
 * pipes, interceptors and filters, and carries out commands for every intake alike.
 */
@Injectable()
export class SkaldServer extends Server implements CustomTransportStrategy, OnModuleDestroy {
  override readonly transportId = SKALD_TRANSPORT;
  private readonly gate: Gate;
  /** Decisions about prepared branches never wait for handlers, which may wait for just these branches. */
  private readonly decisions: Gate;
  private readonly retention: Periodic;
  private readonly intakes: Intake[] = [];
  private handlings: ReadonlyMap<string, Handling> = new Map();
  private executor: Executor | undefined;
  private twoPhase: TwoPhase | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    @Inject(SETTINGS) readonly settings: Settings,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
  ) {
    super();
    this.gate = new Gate(settings.maxConcurrency);
    this.decisions = new Gate(settings.decisionConnections);
    this.retention = retentionJob(dataSource, settings);
  }

  /** How many more commands may be taken before they would wait too long. */
  get room(): number {
    return this.settings.maxWaiting - this.gate.waiting;
  }

  /**
   * Fulfils when a command that comes now would start soon. Where branches are prepared always: behind the
   * commands that wait in line may be the decision that they wait for.
   */
  hasRoom(): Promise<void> {
    return this.twoPhase ? Promise.resolve() : this.gate.isShort();
  }

  /** Whether all intakes take commands. For readiness probes. */
  health(): IntakeHealth {
    const all = this.intakes.map((intake) => intake.health());
    return {
      isReady: all.every(({ isReady }) => isReady),
      reasons: [...all.flatMap(({ reasons }) => reasons), ...this.recoveryReasons()],
    };
  }

  /** What is prepared here, for operators. Empty where no operation is `@Prepares`. */
  preparedReport(): Promise<PreparedReport> {
    const { participant } = this.settings;
    const nothing = { participant, maxPrepared: 0, used: 0, items: [] };
    return this.twoPhase?.inDoubt.report() ?? Promise.resolve(nothing);
  }

  /** Finishes a prepared transaction as a human says; undefined when there is none of that gid. */
  resolve(order: ResolveOrder): Promise<Resolved | undefined> {
    return this.twoPhase?.inDoubt.resolve(order) ?? Promise.resolve(undefined);
  }

  addIntake(intake: Intake): void {
    this.intakes.push(intake);
  }

  listen(callback: (error?: unknown) => void): void {
    this.open().then(() => {
      callback();
    }, callback);
  }

  /** Before Nest closes the HTTP server: commands under way end and their replies leave. */
  onModuleDestroy(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Whether the command waits in line with others that run handlers. */
  isQueued({ operation, direction }: CommandEvent): boolean {
    const isDecision = direction === 'commit' || direction === 'abort';
    return !isDecision || this.handlings.get(operation)?.kind !== 'prepared';
  }

  /** Carries out commands that came together; a promise for each, in their order. None rejects. */
  carryOutAll(commands: readonly CommandEvent[]): Promise<Reply>[] {
    const batches = new Map<CommandEvent, Promise<ReadonlyMap<CommandEvent, Reply>>>();
    for (const batch of this.batchesIn(commands)) {
      const together = this.carryOutTogether(batch);
      for (const command of batch) batches.set(command, together);
    }
    return commands.map((command) => {
      const together = batches.get(command);
      if (!together) return this.carryOut(command);
      return together.then((replies) => replies.get(command) ?? this.carryOut(command));
    });
  }

  /** Carries out one command. Never rejects: what went wrong is in the reply. */
  async carryOut(command: CommandEvent): Promise<Reply> {
    const target = this.targetOf(command);
    if (!target || !this.executor) {
      const detail = `${this.settings.participant} has no operation ${command.operation}`;
      return { outcome: 'failed', reason: 'unknown-operation', detail };
    }
    const { executor } = this;
    const gate = this.isQueued(command) ? this.gate : this.decisions;
    return gate.run(async () => {
      try {
        return await executor.execute(target, command);
      } catch (error) {
        const reply = failure(error);
        this.logger.warn({ message: 'command failed', command: command.id, ...reply });
        return reply;
      }
    });
  }

  override on(): never {
    throw new Error('this transport emits no events');
  }

  override unwrap(): never {
    throw new Error('this transport has no client to unwrap');
  }

  /** Actions of operations whose handlers take batches, where there is more than one. */
  private batchesIn(commands: readonly CommandEvent[]): readonly CommandEvent[][] {
    if (commands.length < 2) return [];
    const byOperation = new Map<string, CommandEvent[]>();
    for (const command of commands) {
      const { operation, direction } = command;
      if (direction !== 'action' || this.handlings.get(operation)?.kind !== 'batched') continue;
      const batch = byOperation.get(operation);
      if (batch) batch.push(command);
      else byOperation.set(operation, [command]);
    }
    return [...byOperation.values()].filter((batch) => batch.length > 1);
  }

  /** Replies of a batch by command; those that are to be carried out alone have none. Never rejects. */
  private carryOutTogether(
    commands: readonly CommandEvent[],
  ): Promise<ReadonlyMap<CommandEvent, Reply>> {
    const [first] = commands;
    const target = first && this.targetOf(first);
    const { executor } = this;
    if (!target || !executor) return Promise.resolve(new Map());
    return this.gate.run(async () => {
      try {
        return await executor.executeTogether(target, commands);
      } catch (error) {
        const reply = failure(error);
        const size = commands.length;
        this.logger.warn({
          message: 'batch failed',
          operation: target.operation.operation,
          size,
          ...reply,
        });
        return isHopeless(error) ? new Map(commands.map((one) => [one, reply])) : new Map();
      }
    });
  }

  private recoveryReasons(): string[] {
    return this.twoPhase?.recovery.reasons() ?? [];
  }

  private targetOf({ operation: name }: CommandEvent): Target | undefined {
    const operation = this.settings.operations.get(name);
    const handling = this.handlings.get(name);
    return operation && handling && { operation, handling };
  }

  private async open(): Promise<void> {
    const { settings, dataSource } = this;
    guardPool(dataSource);
    this.handlings = handlingsOf(settings.operations.values(), this.messageHandlers);
    if (settings.migrate) await migrateInbox(dataSource);
    const isPreparing = [...this.handlings.values()].some(({ kind }) => kind === 'prepared');
    if (isPreparing) this.twoPhase = await TwoPhase.open(settings, dataSource);
    this.executor = new Executor({
      barrier: new Barrier(dataSource, settings),
      batches: new BatchBarrier(dataSource, settings),
      reservations: new Reservations(dataSource, settings),
      prepared: this.twoPhase?.barrier,
    });
    await this.retention.start();
    this.twoPhase?.recovery.start();
    for (const intake of this.intakes) await intake.open(this);
  }

  private async shutDown(): Promise<void> {
    await this.retention.stop();
    const closing = Promise.all(this.intakes.map((intake) => intake.close()));
    // Commands under way end within the handler limit. Those that still wait in line then are asked again.
    const limit = pause(this.settings.handlerTimeoutMs + REPLY_MS, undefined, { ref: false });
    const idle = closing.then(() => Promise.all([this.gate.idle(), this.decisions.idle()]));
    await Promise.race([idle, limit]);
    await this.twoPhase?.close();
  }
}
