// npm run bench -- <question> | all | report [--quick] [--help]
import 'reflect-metadata';
import { QUESTIONS, quick } from './questions/index.mjs';
import { answer, machine } from './lib/question.mjs';
import { resultsOf } from './lib/results.mjs';
import { settingsOf } from './lib/settings.mjs';
import { report } from './report/report.mjs';
import { tableOf } from './report/tables.mjs';

const HELP = `npm run bench -- <question> … | all | report

  all       every question, the important ones first
  report    writes BENCHMARKS.md from bench/results
  --quick   Skald, the floor and a hand-written loop, one round, under 3 minutes; not for quoting
  --resume  goes on with the last run of a question
  --tiny    sizes that only show that it works; not for quoting
  --only a,b · --rounds 3 · --seconds 5 · --warm 3 · --gate 30 (seconds to wait for a quiet machine)
  --rate N  starts per second, of the question live
  --out     folder of the rows, default bench/results

Questions (minutes with three rounds):
`;

/** @param {import('./lib/settings.mjs').Settings} settings */
function chosen({ names, quick: isQuick }) {
  if (isQuick && names.length === 0) return [quick];
  if (names.includes('all')) return QUESTIONS;
  return names.map((name) => {
    const question = QUESTIONS.find((known) => known.name === name);
    if (question) return question;
    console.error(`bench: there is no question ${name}; see npm run bench -- --help`);
    process.exit(2);
  });
}

/**
 * @param {import('./lib/question.mjs').Question} question
 * @param {import('./lib/settings.mjs').Settings} settings
 */
async function ask(question, { out, resume, only, effort, tiny, forQuoting }) {
  const results = resultsOf(out, question.name);
  const former = resume ? results.latest() : [];
  const run = former[0]?.['run'] ?? new Date().toISOString();
  console.log(`\n${question.name}: ${question.title}${forQuoting ? '' : ' (not for quoting)'}`);
  const begun = performance.now();
  await answer(question, {
    effort,
    isTiny: tiny,
    say: (line) => console.log(`  ${line}`),
    isWanted: ({ name }) => !only || only.includes(name),
    isDone: (round, contender) =>
      former.some((row) => row['round'] === round && row['contender'] === contender),
    save: (row) =>
      results.add({ run, question: question.name, forQuoting, ...row, machine: machine() }),
  });
  console.log(`\n${tableOf(results.latest(), question)}`);
  console.log(`${question.name}: ${Math.round((performance.now() - begun) / 1000)} s`);
}

async function main() {
  const settings = settingsOf(process.argv.slice(2));
  if (settings.help || (settings.names.length === 0 && !settings.quick)) {
    const lines = QUESTIONS.map(
      ({ name, title, minutes }) => `  ${name.padEnd(12)} ${String(minutes).padStart(4)}  ${title}`,
    );
    console.log(HELP + lines.join('\n'));
    return;
  }
  if (settings.names[0] === 'report') {
    await report(settings.out);
    return;
  }
  for (const question of chosen(settings)) {
    try {
      await ask(question, settings);
    } catch (error) {
      // The other questions are worth an answer all the same.
      process.exitCode = 1;
      console.error(`${question.name} failed:`, error);
    }
  }
  if (!settings.forQuoting)
    console.log('\nOne short round beside whatever else runs: not for quoting.');
}

await main();
process.exit();
