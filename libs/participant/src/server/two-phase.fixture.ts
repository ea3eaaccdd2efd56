import { Controller } from '@nestjs/common';
import { participant, type CommandEvent } from '@skald/core';
import { z } from 'zod';
import { participantApp, send } from '../../../../test/setup/participant-app.js';
import { branch, type ParticipantDatabase } from '../../../../test/setup/participant.js';
import type { DecisionContext, PrepareContext, TryContext } from '../handler-context.js';
import { Cancels, Confirms, Handles, Prepares, Tries } from '../handles.js';

const Text = z.strictObject({ text: z.string() });
const Wrote = z.object({ wrote: z.string() });

/** A contract for tests: `write` is prepared in PostgreSQL, `hold` is TCC, `plain` can be no branch. */
export const pad = participant('pad', {
  write: { request: Text, reply: Wrote },
  hold: { request: Text, reply: Wrote },
  plain: { request: Text, reply: Wrote },
});

interface Request {
  readonly text: string;
}

@Controller()
export class Pad {
  @Prepares(pad.write)
  async write({ text }: Request, { db, readOnly }: PrepareContext) {
    if (text === 'nothing') readOnly();
    else await db.query('insert into note values ($1)', [text]);
    return { wrote: text };
  }

  @Tries(pad.hold)
  async hold({ text }: Request, { db }: TryContext) {
    await db.query('insert into note values ($1)', [`held ${text}`]);
    return { wrote: text };
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
export const NO_COORDINATOR = { url: 'http://127.0.0.1:9' };

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
