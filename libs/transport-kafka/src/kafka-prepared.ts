import { randomUUID } from 'node:crypto';
import {
  asPreparedReport,
  PREPARED_TYPE,
  ProtocolError,
  RESOLVE_TYPE,
  toHeaders,
  type PreparedReport,
  type ResolveOrder,
} from '@skald/core';
import { ParticipantSilent, type PreparedSource } from '@skald/engine';
import type { Bus, BusMessage } from './bus/bus.js';

export interface KafkaPreparedOptions {
  readonly bus: Pick<Bus, 'send'>;
  readonly participants: readonly string[];
  /** First part of the names of topics. Default `skald`. */
  readonly prefix?: string;
}

/** Sends orders to finish what is prepared to participants that are reached by Kafka alone: they report by themselves. */
export class KafkaPrepared implements PreparedSource {
  constructor(private readonly options: KafkaPreparedOptions) {}

  get participants(): readonly string[] {
    return this.options.participants;
  }

  ask(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async resolve(participant: string, order: ResolveOrder): Promise<'sent'> {
    const { bus, prefix = 'skald' } = this.options;
    const attributes = {
      id: randomUUID(),
      source: '/skald/coordinator',
      type: RESOLVE_TYPE,
      time: new Date().toISOString(),
    };
    const message = {
      topic: `${prefix}.${participant}.commands`,
      key: order.gid,
      value: JSON.stringify(order),
      headers: toHeaders(attributes),
    };
    await bus.send([message]).catch((cause: unknown) => {
      throw new ParticipantSilent('unreachable', { cause });
    });
    return 'sent';
  }
}

/**
 * The report in a record of `participant`'s topic of replies; undefined when it is something else.
 *
 * @throws ProtocolError when it is one and cannot be understood, or speaks of another participant.
 */
export function readReport(
  { headers, value }: BusMessage,
  participant: string,
): PreparedReport | undefined {
  if (headers['ce_type'] !== PREPARED_TYPE) return undefined;
  const report = asPreparedReport(parsed(value));
  if (report?.participant === participant) return report;
  throw new ProtocolError(`expected what ${participant} has prepared`);
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}
