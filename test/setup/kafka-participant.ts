import { randomUUID } from 'node:crypto';
import {
  BATCH_CONTENT_TYPE,
  decodeCommand,
  encodeReply,
  fromHeaders,
  isBatchType,
  replyAttributes,
  toHeaders,
  type CommandEvent,
} from '@skald/core';
import { makeCommand, type Answerer } from '@skald/testing';
import type { Bus, BusMessage, OutgoingMessage } from '@skald/transport-kafka';

export interface Where {
  readonly participant: string;
  readonly prefix: string;
}

/** A record that `participant` could send in answer, in binary content form. */
export function replyRecord(
  { participant, prefix }: Where,
  command: CommandEvent,
  about: { partition: number; value: string },
) {
  return {
    topic: `${prefix}.${participant}.replies`,
    partition: about.partition,
    key: command.transaction,
    value: about.value,
    headers: toHeaders(replyAttributes(command, participant, Date.now())),
  };
}

/** A record of many events, in batch content form. */
export function batchRecord(
  { participant, prefix }: Where,
  partition: number,
  events: readonly string[],
): OutgoingMessage {
  return {
    topic: `${prefix}.${participant}.replies`,
    partition,
    value: `[${events.join(',')}]`,
    headers: { 'content-type': BATCH_CONTENT_TYPE },
  };
}

/** The commands in a record, in either content form. */
export function commandsIn({ headers, value }: BusMessage): CommandEvent[] {
  const data = JSON.parse(value.toString()) as unknown;
  if (!isBatchType(headers['content-type'])) return [decodeCommand(fromHeaders(headers), data)];
  return (data as unknown[]).map((event) => decodeCommand(event));
}

/** Takes commands from its topic and answers, in the form each came in, to the partition it came from. */
export function runParticipant(bus: Bus, where: Where, answer: Answerer) {
  const { participant, prefix } = where;
  return bus.subscribe({
    group: `${prefix}.${participant}`,
    topics: [`${prefix}.${participant}.commands`],
    onBatch: async (batch) => {
      await bus.send(batch.messages.flatMap((message) => answersTo(where, message, answer)));
      for (const message of batch.messages) batch.resolve(message);
    },
    onPoison: () => Promise.resolve(),
  });
}

function answersTo(where: Where, message: BusMessage, answer: Answerer): OutgoingMessage[] {
  const { partition, headers } = message;
  const answers = commandsIn(message).flatMap((command) => {
    const reply = answer(command);
    return reply === 'nothing' ? [] : [{ command, reply }];
  });
  if (!isBatchType(headers['content-type'])) {
    return answers.map(({ command, reply }) => {
      const value = reply === 'garbage' ? '{"outc' : JSON.stringify(reply);
      return replyRecord(where, command, { partition, value });
    });
  }
  const at = Date.now();
  const events = answers.map(({ command, reply }) =>
    reply === 'garbage' ? '{"outc":1}' : encodeReply(command, where.participant, { reply, at }),
  );
  return events.length > 0 ? [batchRecord(where, partition, events)] : [];
}

/** A command that nobody sent, to make replies to. */
export function commandEvent(): CommandEvent {
  const { transaction, step, direction, attempt, startedAt, deadline } = makeCommand();
  return {
    ...{ transaction, step, direction, attempt, startedAt, deadline },
    id: `${transaction}/${step}/${direction}`,
    operation: 'reserve',
    isRefusable: true,
    traceparent: null,
    data: {},
  };
}

/** A prefix of topics that nobody else uses. */
export function newPrefix(): string {
  return `t${randomUUID()}`;
}
