import { DIRECTIONS } from '@skald/core';
import type { ParticipantSnapshot } from '@skald/engine';
import { z } from 'zod';
import { Time } from '../transactions/view.schema.js';

const Latency = z.number().nullable();

/** A participant as this instance sees it. */
export const ParticipantView = z
  .strictObject({
    name: z.string(),
    transport: z.string(),
    circuit: z.enum(['closed', 'open', 'half-open']),
    inFlight: z.int(),
    held: z.int().describe('Held back by the limit or the circuit.'),
    maxInFlight: z.int(),
    nextProbeAt: Time.nullable(),
    lastReplyAt: Time.nullable(),
    operations: z
      .array(
        z.strictObject({
          operation: z.string(),
          direction: z.enum(DIRECTIONS),
          succeeded: z.int(),
          rejected: z.int(),
          failed: z.int(),
          p50Ms: Latency,
          p95Ms: Latency,
          p99Ms: Latency,
        }),
      )
      .describe('Of the last minute or so.'),
  })
  .meta({ id: 'Participant' });

export type ParticipantView = z.output<typeof ParticipantView>;

export function participantViewOf(participant: ParticipantSnapshot): ParticipantView {
  const { nextProbeAt, lastReplyAt, operations, ...rest } = participant;
  return {
    ...rest,
    nextProbeAt: timeOrNull(nextProbeAt),
    lastReplyAt: timeOrNull(lastReplyAt),
    operations: operations.map((operation) => ({ ...operation })),
  };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
