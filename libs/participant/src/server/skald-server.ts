import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { validate, type CommandEvent, type Operation, type Reply } from '@skald/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { DataSource } from 'typeorm';
import { Barrier } from '../barrier/barrier.js';
import { migrateInbox } from '../barrier/migrate-inbox.js';
import { retentionJob } from '../barrier/retention-job.js';
import { ContractBroken } from '../errors.js';
import type { HandlerContext, StoredAction } from '../handler-context.js';
import { patternOf, SKALD_TRANSPORT, thrownIn } from '../handles.js';
import type { Settings } from '../options.js';
import type { Periodic } from '../periodic.js';
import { DATA_SOURCE, SETTINGS } from '../tokens.js';
import { causeOf, failure } from './failure.js';
import { Gate } from './gate.js';

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
  private readonly barrier: Barrier;
  private readonly gate: Gate;
  private readonly retention: Periodic;
  private readonly intakes: Intake[] = [];
  private closing: Promise<void> | undefined;

  constructor(
    @Inject(SETTINGS) readonly settings: Settings,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
  ) {
    super();
    this.barrier = new Barrier(dataSource, settings);
    this.gate = new Gate(settings.maxConcurrency);
    this.retention = retentionJob(dataSource, settings);
  }

  /** How many more commands may be taken before they would wait too long. */
  get room(): number {
    return this.settings.maxWaiting - this.gate.waiting;
  }

  /** Fulfils when a command that comes now would start soon. */
  hasRoom(): Promise<void> {
    return this.gate.isShort();
  }

  /** Whether all intakes take commands. For readiness probes. */
  health(): IntakeHealth {
    const all = this.intakes.map((intake) => intake.health());
    return {
      isReady: all.every(({ isReady }) => isReady),
      reasons: all.flatMap(({ reasons }) => reasons),
    };
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

  /** Carries out one command. Never rejects: what went wrong is in the reply. */
  async carryOut(command: CommandEvent): Promise<Reply> {
    const operation = this.settings.operations.get(command.operation);
    const handler = operation && this.handlerOf(operation);
    if (!handler) {
      const detail = `${this.settings.participant} has no operation ${command.operation}`;
      return { outcome: 'failed', reason: 'unknown-operation', detail };
    }
    return this.gate.run(async () => {
      try {
        return await this.barrier.carryOut(command, (db, action) =>
          handle({ handler, operation }, command, { db, action }),
        );
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

  private handlerOf(operation: Operation): Target['handler'] | undefined {
    return this.messageHandlers.get(patternOf(operation)) as Target['handler'] | undefined;
  }

  private async open(): Promise<void> {
    this.assertHandled();
    if (this.settings.migrate) await migrateInbox(this.dataSource);
    await this.retention.start();
    for (const intake of this.intakes) await intake.open(this);
  }

  /** Nest ignores handlers outside controllers without a word; a missing one must not go unnoticed. */
  private assertHandled(): void {
    const missing = [...this.settings.operations.values()]
      .map(patternOf)
      .filter((pattern) => !this.messageHandlers.has(pattern));
    if (missing.length === 0) return;
    throw new Error(
      `no handler for ${missing.join(', ')}: is its class a @Controller() listed under controllers?`,
    );
  }

  private async shutDown(): Promise<void> {
    await this.retention.stop();
    const closing = Promise.all(this.intakes.map((intake) => intake.close()));
    // Commands under way end within the handler limit. Those that still wait in line then are asked again.
    const limit = pause(this.settings.handlerTimeoutMs + REPLY_MS, undefined, { ref: false });
    await Promise.race([closing.then(() => this.gate.idle()), limit]);
  }
}

interface Target {
  readonly handler: MessageHandler<unknown, HandlerContext, unknown>;
  readonly operation: Operation;
}

/** Request checked, handler with all that Nest puts around it, reply checked. */
async function handle(
  { handler, operation }: Target,
  { data, ...command }: CommandEvent,
  { db, action }: { db: HandlerContext['db']; action: StoredAction | null },
): Promise<unknown> {
  const request = fit(operation.request, data, 'request-invalid');
  const context: HandlerContext = { db, command, action };
  const reply = await answerOf(handler, request, context);
  return fit(operation.reply, reply, 'reply-invalid');
}

async function answerOf(
  handler: Target['handler'],
  request: unknown,
  context: HandlerContext,
): Promise<unknown> {
  try {
    const result: unknown = await handler(request, context);
    return isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
  } catch (error) {
    throw causeOf(error, thrownIn(context));
  }
}

function fit(
  schema: Operation['request'],
  value: unknown,
  reason: ContractBroken['reason'],
): unknown {
  const checked = validate(schema, value);
  if (checked.ok) return checked.value;
  const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
  throw new ContractBroken(reason, wrong.join('; '));
}
