import type { Schemas } from '../api/client.js';

type Item = Schemas['AttentionItem'];

/** The commands of an operator, as the API names them. */
export type ActionKind = 'retry' | 'cancel' | 'skip' | 'resolve';

export interface Advice {
  readonly words: string;
  /** What to press once that is done; null when it is not done here. */
  readonly action: ActionKind | null;
}

type Reason = NonNullable<Item['parked']>['reason'];

const PARKED: Readonly<Record<Reason, (who: string) => Advice>> = {
  'attempts-exhausted': (who) => ({
    words: `See that ${who} works again, then retry: it gets a fresh budget of attempts.`,
    action: 'retry',
  }),
  'outcome-unknown': (who) => ({
    words: `Retry asks ${who} again. If it cannot tell, find out by hand and resolve with what you found.`,
    action: 'retry',
  }),
  'retriable-rejected': (who) => ({
    words: `Remove at ${who} what made it say no, then retry; or skip the step and say why.`,
    action: 'retry',
  }),
  'compensation-rejected': (who) => ({
    words: `Undo the effect at ${who} by hand and skip, or make it accept the compensation and retry.`,
    action: 'skip',
  }),
  'mapping-failed': () => ({
    words: 'The definition fails on this input: correct it, deploy it, then retry.',
    action: 'retry',
  }),
  'definition-missing': () => ({
    words: 'Start a coordinator that has this version of the definition, then retry.',
    action: 'retry',
  }),
  'protocol-error': (who) => ({
    words: `${who} answered what the contract does not allow: correct it there, then retry.`,
    action: 'retry',
  }),
  'invariant-broken': () => ({
    words: 'Skald broke a promise of its own: export it, report it, then resolve by hand.',
    action: 'resolve',
  }),
  'barrier-expired': (who) => ({
    words: `${who} no longer remembers it: find out there what took effect and resolve accordingly.`,
    action: 'resolve',
  }),
  'in-doubt': (who) => ({
    words: `${who} does not take the decision: bring it back, then retry.`,
    action: 'retry',
  }),
  'heuristic-mixed': () => ({
    words:
      'Somebody decided otherwise at a participant: set the data right by hand, then acknowledge.',
    action: 'resolve',
  }),
};

/** What is recommended for a transaction that needs a human. */
export function adviceFor(
  item: Pick<Item, 'waitingFor' | 'failure' | 'parked'> & { attention?: Item['attention'] },
): Advice {
  const [waiting] = item.waitingFor;
  const who = waiting?.participant ?? item.failure?.participant ?? 'the participant';
  if (item.parked) return PARKED[item.parked.reason](who);
  if (item.attention === 'in-doubt') return { ...PARKED['in-doubt'](who), action: null };
  if (item.attention === 'definition-missing') return PARKED['definition-missing'](who);
  return {
    words: `It is past its deadline and behind its point of no return: see why ${who} does not answer.`,
    action: null,
  };
}
