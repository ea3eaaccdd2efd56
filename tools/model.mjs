// npm run model [-- words]: searches the protocol models of test/model with Spin, every state of them.
// Words choose: two-phase, saga, properties, bugs, or one planted bug by its name.
import { PLAN, select } from './model/plan.mjs';
import { check, counterexample, missingTools } from './model/spin.mjs';

const SIDE_BY_SIDE = 2;

/**
 * @param {string[]} words
 * @returns {Promise<number>} Exit code: 0 = all properties hold and all planted bugs are found, 1 = not,
 *   2 = it could not be tried.
 */
async function main(words) {
  const missing = missingTools();
  if (missing.length > 0) {
    console.error(`npm run model needs Spin and a C compiler:\n${missing.join('\n')}`);
    return 2;
  }
  const { cases, unknown } = select(words);
  if (cases.length === 0) {
    const names = [...new Set(PLAN.flatMap(({ model, name }) => [model, name]))];
    console.error(`nothing is called ${unknown.concat(words)[0]}; there are properties, bugs,`);
    console.error(names.join(', '));
    return 2;
  }
  const start = performance.now();
  const waiting = cases.values();
  /** @type {boolean[]} */
  const passed = [];
  const work = async () => {
    for (const one of waiting) passed.push(await tell(one));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  const failures = passed.filter((isPassed) => !isPassed).length;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${passed.length} checked, ${failures} failed, ${seconds} s`);
  return failures === 0 ? 0 : 1;
}

/** @param {import('./model/plan.mjs').Case} one */
async function tell(one) {
  const start = performance.now();
  const { verdicts, dir } = await check(one);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const wanted = one.isBug ? 'broken' : 'holds';
  let isPassed = true;
  for (const { property, verdict } of verdicts) {
    const isRight = verdict.is === wanted;
    isPassed &&= isRight;
    const word = isRight ? (one.isBug ? 'found ' : 'ok    ') : 'FAILED';
    const what = `${one.model.padEnd(9)} ${one.name.padEnd(24)} ${property} ${verdict.is}`;
    const size = `${verdict.states.toLocaleString('en')} states, depth ${verdict.depth}`;
    console.log(`${word} ${what.padEnd(46)} ${size}, ${seconds} s`);
  }
  if (!isPassed) console.log(`${await counterexample(one, dir)}\nsee ${dir}`);
  return isPassed;
}

process.exitCode = await main(process.argv.slice(2));
