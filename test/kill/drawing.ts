const MULTIPLIER = 1_664_525;
const INCREMENT = 1_013_904_223;
const RANGE = 2 ** 32;

/** Of this run; SKALD_CHAOS_SEED repeats one. Whoever draws by it prints it. */
export function chosenSeed(): number {
  return Number(process.env['SKALD_CHAOS_SEED'] ?? Date.now() % 1_000_000);
}

/** Draws numbers from 0 up to 1, the same ones for the same seed. */
export function drawing(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return state / RANGE;
  };
}
