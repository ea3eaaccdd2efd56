import {
  deadlineOf,
  dueAt,
  inquire,
  participantsOf,
  pendingCommands,
  plannedCalls,
  start,
  waitsFor,
} from './machine.js';
import { payloadsFrom, replay } from './replay.js';
import { decodeState, encodeState } from './state.js';
import { transition } from './transition.js';

/** Sagas for the shell: everything it needs to run them. */
export const sagaMachine = {
  start,
  transition,
  pendingCommands,
  plannedCalls,
  payloadsFrom,
  replay,
  encodeState,
  decodeState,
  dueAt,
  deadlineOf,
  participantsOf,
  waitsFor,
  inquire,
};
