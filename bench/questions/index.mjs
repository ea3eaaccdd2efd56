import { api } from './api.mjs';
import { barrier } from './barrier.mjs';
import { batch } from './batch.mjs';
import { cost } from './cost.mjs';
import { crash } from './crash.mjs';
import { finished } from './finished.mjs';
import { http } from './http.mjs';
import { instances } from './instances.mjs';
import { kafka } from './kafka.mjs';
import { live } from './live.mjs';
import { minute } from './minute.mjs';
import { overload } from './overload.mjs';
import { recovery } from './recovery.mjs';
import { slowFsync } from './slow-fsync.mjs';
import { twoPhase } from './two-phase.mjs';
import { waiting } from './waiting.mjs';

export { quick } from './quick.mjs';

/** The important ones first. @type {import('../lib/question.mjs').Question[]} */
export const QUESTIONS = [
  ...[twoPhase, http, api, batch, kafka],
  ...[cost, crash, barrier, instances, slowFsync, minute],
  ...[waiting, recovery, overload, finished, live],
];
