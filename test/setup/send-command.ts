import { BATCH_CONTENT_TYPE, type Direction } from '@skald/core';

/** Of every command here: repeats of one command carry the same start. */
const STARTED = new Date().toISOString();

/** One command, as far as tests care. */
export interface SentCommand {
  transaction: string;
  operation: string;
  data: object;
  /** Default `step`. */
  step?: string;
  /** Default `action`. */
  direction?: Direction;
  /** Default 1. */
  attempt?: number;
  /** Start of the transaction, RFC 3339: part of the barrier's key. Default: that of all commands here. */
  started?: string;
}

/** Sends one command to a participant as the coordinator does and gives the data of its reply. */
export async function sendCommand(origin: string, command: SentCommand): Promise<unknown> {
  const response = await fetch(`${origin}/skald/v1/commands`, {
    method: 'POST',
    headers: { 'content-type': BATCH_CONTENT_TYPE },
    body: JSON.stringify([eventOf(command)]),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const [reply] = (await response.json()) as { data: unknown }[];
  return reply?.data;
}

function eventOf(command: SentCommand) {
  const { transaction, operation, data, step = 'step', direction = 'action' } = command;
  const { started = STARTED } = command;
  return {
    specversion: '1.0',
    id: `${transaction}/${step}/${direction}`,
    source: '/skald/coordinator',
    type: 'skald.command.v1',
    subject: operation,
    time: started,
    datacontenttype: 'application/json',
    skaldtransaction: transaction,
    skaldstep: step,
    skalddirection: direction,
    skaldattempt: command.attempt ?? 1,
    skaldstarted: started,
    skaldrefusable: direction === 'action' || direction === 'prepare',
    data,
  };
}
