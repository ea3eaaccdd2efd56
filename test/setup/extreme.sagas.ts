import { MAX_STEPS, participant, saga, type SagaDefinition } from '@skald/core';
import { z } from 'zod';

/** Of the last step of `longest`; as long as a name may be. */
export const LONGEST_NAME = 'a-step-of-the-longest-name-there-may-be-x';

const Any = z.object({});
const stock = participant('stock', {
  take: { request: Any, reply: z.object({ text: z.string() }) },
  'give-back': { request: Any, reply: Any },
});

interface Growing {
  compensatable(name: string, step: object): Growing;
  build(): SagaDefinition;
}

/** As many steps as a saga may have: for tests of what shows them. */
export function longest(): SagaDefinition {
  const step = { action: [stock.take, () => ({})], compensation: [stock['give-back'], () => ({})] };
  let steps = saga('longest', { version: 1, input: Any }) as unknown as Growing;
  for (let n = 1; n < MAX_STEPS; n++) steps = steps.compensatable(`step-${n}`, step);
  return steps.compensatable(LONGEST_NAME, step).build();
}

/** One step that is soon given up. */
export function stubborn() {
  const retry = { maxAttempts: 2, maxRounds: 1, initialMs: 1, factor: 1, capMs: 1 };
  return saga('stubborn', { version: 1, input: Any })
    .pivot('insist', { action: [stock.take, () => ({})], retry })
    .build();
}
