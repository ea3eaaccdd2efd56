import { Coordinator } from '../coordinator.js';
import { SHIPPED_TWO_PHASE, type TwoPhaseMachine } from '../machine.js';
import { Store } from '../store.js';
import { arrive, conclude, decideAlone, die, finishByHand } from './branch.js';
import { inquire } from './inquiry.js';

/** Everything in a two-phase world that can be wrong. */
export interface TwoPhaseParts {
  readonly machine: TwoPhaseMachine;
  readonly Coordinator: typeof Coordinator;
  readonly Store: typeof Store;
  readonly arrive: typeof arrive;
  readonly conclude: typeof conclude;
  readonly decideAlone: typeof decideAlone;
  readonly die: typeof die;
  readonly finishByHand: typeof finishByHand;
  readonly inquire: typeof inquire;
}

export const SHIPPED_TWO_PHASE_PARTS: TwoPhaseParts = {
  machine: SHIPPED_TWO_PHASE,
  Coordinator,
  Store,
  arrive,
  conclude,
  decideAlone,
  die,
  finishByHand,
  inquire,
};
