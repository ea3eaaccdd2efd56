import { Controller } from '@nestjs/common';
import { participant, type CommandEvent } from '@skald/core';
import { z } from 'zod';
import {
  Cancels,
  Confirms,
  Handles,
  Prepares,
  Tries,
  type DecisionContext,
  type PrepareContext,
  type TryContext,
} from '@skald/participant';
import { participantApp, send } from './participant-app.js';
import { branch, type ParticipantDatabase } from './participant.js';

const Text = z.strictObject({ text: z.string() });
const Wrote = z.object({ wrote: z.string() });

/** A contract for tests: `write` is prepared in PostgreSQL, `hold` is TCC, `plain` can be no branch. */
export const pad = participant('pad', {
  write: { request: Text, reply: Wrote },
  hold: { request: Text, reply: Wrote, reservationTtlMs: 60_000 },
  plain: { request: Text, reply: Wrote },
});

interface Request {
  readonly text: string;
}

@Controller()
class Pad {
  @Prepares(pad.write)
  async write({ text }: Request, { db, readOnly }: PrepareContext) {
    if (text === 'nothing') readOnly();
    else await db.query('insert into note values ($1)', [text]);
    return { wrote: text };
  }

  @Tries(pad.hold)
  async hold({ text }: Request, { db, reservedUntil }: TryContext) {
    const [{ leftMs } = { leftMs: null }] = await db.query<{ leftMs: number }[]>(
      `select extract(epoch from $1::timestamptz - now())::float8 * 1000 as "leftMs"`,
      [reservedUntil],
    );
    await db.query('insert into note values ($1)', [`held ${text}`]);
    return { wrote: text === 'how long' ? `${Math.round((leftMs ?? 0) / 1_000)} s` : text };
  }

  @Confirms(pad.hold)
  async keep({ text }: Request, { db, action }: DecisionContext): Promise<void> {
    const { wrote } = action.reply as { wrote: string };
    await db.query('update note set text = $2 where text = $1', [`held ${text}`, `kept ${wrote}`]);
  }

  @Cancels(pad.hold)
  async letGo({ text }: Request, { db }: DecisionContext): Promise<void> {
    await db.query('delete from note where text = $1', [`held ${text}`]);
  }

  @Handles(pad.plain)
  async plain({ text }: Request): Promise<{ wrote: string }> {
    return Promise.resolve({ wrote: text });
  }
}

/** A coordinator that nobody asks anything. */
const NO_COORDINATOR = { url: 'http://127.0.0.1:9' };

export function padApp(
  { dataSource }: ParticipantDatabase,
  options: Partial<Parameters<typeof participantApp>[0]> = {},
) {
  return participantApp({
    participant: pad,
    controllers: [Pad],
    coordinator: NO_COORDINATOR,
    dataSource,
    ...options,
  });
}

/** What the participant answers to one command. */
export async function ask(url: string, command: CommandEvent): Promise<unknown> {
  const [reply] = await send(url, command);
  return reply?.data;
}

/** A branch that does `operation` with `text`. */
export function padBranch(operation: keyof typeof pad, text: string) {
  return branch({ operation, step: `${operation}.1`, data: { text } });
}
