import type { Doom } from '../setup/skald.js';
import { drawing } from './drawing.js';

/** A process that dies at a point, over a transport. */
export interface CrashPoint extends Doom {
  readonly process: string;
  readonly transport: Transport;
}

export type Transport = 'http' | 'kafka';

export const TRANSPORTS: readonly Transport[] = ['http', 'kafka'];

/** Of the failure matrix in ARCHITECTURE.md, and those of a participant around them: see doom.mjs. */
const POINTS = [
  ['coordinator', 'D1'],
  ['coordinator', 'D2'],
  ['coordinator', 'D3'],
  ['coordinator', 'D4'],
  ['coordinator', 'D5'],
  ['warehouse-north', 'prepared'],
  ['warehouse-south', 'D6'],
  ['warehouse-north', 'voted'],
  ['warehouse-south', 'finished'],
] as const;

const HITS = [1, 2];

/** Every point over both transports, at its first and its second hit. */
function everyPoint(): CrashPoint[] {
  return POINTS.flatMap(([process, point]) =>
    TRANSPORTS.flatMap((transport) => HITS.map((hit) => ({ process, point, transport, hit }))),
  );
}

/** Each point once; over what and at which hit is drawn by `seed`. */
function drawn(seed: number): CrashPoint[] {
  const draw = drawing(seed);
  return POINTS.map(([process, point]) => {
    const transport = draw() < 0.5 ? 'http' : 'kafka';
    return { process, point, transport, hit: draw() < 0.5 ? 1 : 2 };
  });
}

/** What this run crashes: everything (`npm run chaos`), or a draw. */
export function chosenPoints(seed: number): readonly CrashPoint[] {
  return process.env['SKALD_CHAOS'] === 'all' ? everyPoint() : drawn(seed);
}
