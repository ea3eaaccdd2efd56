import 'reflect-metadata';
import { Controller, Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { BATCH_CONTENT_TYPE, participant, type CommandEvent, type Reply } from '@skald/core';
import {
  Handles,
  HandlesBatch,
  SkaldParticipantModule,
  startParticipant,
  StepRejected,
  type BatchContext,
  type BatchEntry,
  type HandlerContext,
  type SkaldParticipantOptions,
} from '@skald/participant';
import type { DataSource } from 'typeorm';
import { z } from 'zod';

const Text = z.strictObject({ text: z.string() });

/** A contract for tests: `write` keeps a note, `erase` undoes it. */
export const notes = participant('notes', {
  write: { request: Text, reply: z.object({ wrote: z.string() }) },
  erase: { request: Text, reply: z.object({}) },
});

/** Plain handlers of the `notes` contract. */
@Controller()
export class Notes {
  @Handles(notes.write)
  async write({ text }: { text: string }, { db }: HandlerContext): Promise<{ wrote: string }> {
    await db.query('insert into note values ($1)', [text]);
    return { wrote: text };
  }

  @Handles(notes.erase)
  async erase({ text }: { text: string }, { db }: HandlerContext): Promise<Record<string, never>> {
    await db.query('delete from note where text = $1', [text]);
    return {};
  }
}

/** The same with notes written many at once: `no` is refused, `break` breaks the whole batch. */
@Controller()
export class BatchedNotes {
  /** Of the batches that came since a test emptied it. */
  static readonly sizes: number[] = [];

  @HandlesBatch(notes.write)
  async write(entries: readonly BatchEntry<{ text: string }>[], { db }: BatchContext) {
    BatchedNotes.sizes.push(entries.length);
    const texts = entries.map(({ request }) => request.text);
    if (texts.includes('break')) throw new Error('no pencil');
    const written = texts.filter((text) => text !== 'no');
    await db.query('insert into note select unnest($1::text[])', [written]);
    return texts.map((text) => (text === 'no' ? new StepRejected('no') : { wrote: text }));
  }

  @Handles(notes.erase)
  erase(request: { text: string }, context: HandlerContext): Promise<Record<string, never>> {
    return new Notes().erase(request, context);
  }
}

interface ParticipantAppOptions extends Partial<SkaldParticipantOptions> {
  readonly dataSource: DataSource;
  readonly controllers?: readonly Type[];
  readonly imports?: readonly Type[];
  /** Called before the participant starts: the place for global guards, pipes and the like. */
  readonly prepare?: (app: INestApplication) => void;
}

/** The `notes` participant, served on a free port of 127.0.0.1. */
export async function participantApp(options: ParticipantAppOptions) {
  const { controllers = [Notes], imports = [], prepare, ...rest } = options;

  @Module({
    imports: [...imports, SkaldParticipantModule.forRoot({ participant: notes, ...rest })],
    controllers: [...controllers],
  })
  class App {}

  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(App, adapter, {
    logger: false,
    abortOnError: false,
  } as object);
  prepare?.(app);
  try {
    const server = await startParticipant(app);
    await app.listen(0, '127.0.0.1');
    return { app, server, url: await app.getUrl() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** A command as one structured event, as the coordinator sends it. */
export function toEvent({ data, ...command }: CommandEvent): Record<string, unknown> {
  return {
    specversion: '1.0',
    id: command.id,
    source: '/skald/coordinator',
    type: 'skald.command.v1',
    subject: command.operation,
    time: new Date(command.startedAt).toISOString(),
    datacontenttype: 'application/json',
    skaldtransaction: command.transaction,
    skaldstep: command.step,
    skalddirection: command.direction,
    skaldattempt: command.attempt,
    skaldstarted: new Date(command.startedAt).toISOString(),
    skaldrefusable: command.isRefusable,
    data,
  };
}

export interface ReplyJson {
  readonly id: string;
  readonly data: Reply;
  readonly [attribute: string]: unknown;
}

/** Posts a body as it is. */
export function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = BATCH_CONTENT_TYPE,
) {
  const headers = { 'content-type': type };
  return fetch(`${url}/skald/v1/commands`, { method: 'POST', headers, body });
}

/** Posts an envelope of commands and returns the replies. */
export async function send(url: string, ...commands: CommandEvent[]): Promise<ReplyJson[]> {
  const response = await post(url, JSON.stringify(commands.map(toEvent)));
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as ReplyJson[];
}
