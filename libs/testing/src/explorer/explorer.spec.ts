import { Violation } from '../world/ledger.js';
import { explore, type Explored, type System } from './explore.js';
import { SETTINGS } from './settings.fixture.js';
import { TwoPhaseSystem } from './two-phase-system.js';

/** Issue 4: as many states at least, of the shipped transition and the barrier's model. */
const MIN_STATES = 100_000;

const found: Record<string, Explored & { readonly seconds: number }> = {};

/** Seconds of this process: other processes on the machine do not count. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

test.each(Object.entries(SETTINGS))(
  'AC1 to AC5 hold in every state: %s',
  (name, setting) => {
    const since = cpuSeconds();
    const explored = explore(new TwoPhaseSystem(setting));
    found[name] = { ...explored, seconds: cpuSeconds() - since };
    expect(explored.ends).toBeGreaterThan(0);
  },
  120_000,
);

test('all of them together are large enough to mean something', () => {
  const all = Object.entries(found);
  const lines = all.map(([name, { states, moves, depth, seconds }]) => {
    const size = `${states} states, ${moves} moves, depth ${depth}`;
    return `${size}, ${seconds.toFixed(1)} s of one core: ${name}`;
  });
  const states = all.reduce((sum, [, explored]) => sum + explored.states, 0);
  const seconds = all.reduce((sum, [, explored]) => sum + explored.seconds, 0);
  console.log([...lines, `${states} states in ${seconds.toFixed(1)} s of one core`].join('\n'));
  expect(states).toBeGreaterThanOrEqual(MIN_STATES);
  expect(seconds).toBeLessThan(60);
});

describe('the explorer itself', () => {
  /** Counts up to `last`; from 5 it may fall into a hole at 100. */
  const counter = (last: number, hole = false): System<number> => ({
    initial: 0,
    *moves(at) {
      if (at < last) yield { name: `to ${at + 1}`, take: () => at + 1 };
      if (hole && at === 5) yield { name: 'fall', take: () => 100 };
    },
    canonical: String,
    check(at) {
      if (at === 42) throw new Violation('nobody comes to 42');
    },
    isEnd: (at) => at === last,
  });

  it('counts states, moves, depth and ends', () => {
    expect(explore(counter(9))).toEqual({ states: 10, moves: 9, depth: 9, ends: 1 });
  });

  it('tells a shortest way to a state that breaks a promise', () => {
    expect(() => explore(counter(50))).toThrow(/^nobody comes to 42\nto 1\n(.+\n)+to 42$/);
  });

  it('finds a state without a way out', () => {
    expect(() => explore(counter(9, true))).toThrow(/no way out to an end\nto 1\n(.+\n)+fall$/);
  });

  it('gives up where there are too many states', () => {
    expect(() => explore(counter(20), 10)).toThrow('more than 10 states');
  });
});
