// Runs the test suites named as arguments (unit, real, e2e, bed, pods, upgrade, fuzzing, slow), and prints the number of
// tests that passed, failed and were skipped. With `gate`, the files of `npm run test:full` alone are left out, unless
// files are named. `real` runs beside `bed` and `pods`, and the others run one after the other. A file that failed is run
// once more, alone. What passes then is printed as flaky.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root } from './bootstrap.mjs';
import { failedTests } from './test-run/failed-tests.mjs';
import { countTests, slowestFiles, worthAnotherRun } from './test-run/outcome.mjs';
import { runSuite } from './run-suite.mjs';
import { trailOf } from './test-runtime/worker-trail.mjs';

const known = ['unit', 'real', 'e2e', 'bed', 'pods', 'upgrade', 'fuzzing', 'slow'];
const suites = process.argv.slice(2).filter((name) => known.includes(name));
const rest = process.argv.slice(2).filter((name) => ![...known, 'gate'].includes(name));
const isGate = process.argv.includes('gate') && rest.length === 0;
const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-test-'));
const skipsFile = path.join(scratch, 'skips.ndjson');
const children = new Set();

// Tests of whole systems may leave a connection open, which must not keep the run from ending.
const wholeSystem = ['--forceExit'];
// Three files of whole-system tests run at a time, beside one of those that mostly wait. Those that would miss deadlines
// run later: see side-by-side.mjs. With SALLYPORT_TEST_WORKERS=1 all run alone, which takes twice as long.
const side = process.env.SALLYPORT_TEST_WORKERS === '1' ? '--runInBand' : '--maxWorkers=4';
const limits = {
  unit: ['--maxWorkers=5'],
  // They mostly wait, too.
  real: ['--maxWorkers=3', ...wholeSystem],
  e2e: [side, ...wholeSystem],
  // Each of these files starts the one node that the machine has room for.
  bed: ['--runInBand', ...wholeSystem],
  // The others of these install Sallyport, and look for what is left of it, one after the other.
  pods: [side === '--runInBand' ? side : '--maxWorkers=2', ...wholeSystem],
  upgrade: ['--runInBand', ...wholeSystem],
  fuzzing: ['--runInBand', ...wholeSystem],
  slow: ['--runInBand', ...wholeSystem],
};

/** The same for a suite that runs beside others. */
const beside = { real: ['--maxWorkers=2', ...wholeSystem] };

/** The arguments of jest for a whole suite. A file named on the command line may be in only one of the suites. */
const wholeSuite = (suite, isBeside) => [
  ...rest,
  ...(rest.length > 0 ? ['--passWithNoTests'] : []),
  ...(isBeside ? beside : limits)[suite],
];
/** Those for one file of it, alone. */
const oneFile = (file) => ['--runInBand', ...wholeSystem, '--runTestsByPath', file];

let started = 0;
function run(suite, args) {
  started += 1;
  return runSuite(suite, {
    args,
    children,
    directory: path.join(scratch, `${suite}-${started}`),
    // The tests start the same programs many times, and so compile them once.
    environment: {
      SALLYPORT_SKIPS: skipsFile,
      NODE_COMPILE_CACHE: path.join(scratch, 'compiled'),
      ...(isGate ? { SALLYPORT_TESTS: 'gate' } : {}),
    },
  });
}

function runWhole(suite, { isBeside = false } = {}) {
  process.stderr.write(`\n== ${suite} ==\n`);
  return run(suite, wholeSuite(suite, isBeside));
}

/**
 * Runs each failed file once more, alone. Replaces the results of those that pass now, and returns the first ones. A run
 * that died is not trusted with another one.
 */
async function runAgain({ suite, result, hasReport, hung }) {
  if (!hasReport && !hung) return [];
  const flaky = [];
  for (const first of worthAnotherRun(suite, result)) {
    if (stopped) break;
    process.stderr.write(`\n== ${suite}: ${path.relative(root, first.name)} again ==\n`);
    const { result: second } = await run(suite, oneFile(first.name));
    const again = second.testResults.find(({ name }) => name === first.name);
    if (again?.status !== 'passed') continue;
    result.testResults.splice(result.testResults.indexOf(first), 1, again);
    flaky.push(first);
  }
  return flaky;
}

let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopped = true;
    for (const child of children) child.kill(signal);
  });
}

/** Reads which tests were skipped because this machine lacks something. Tests write one `{what, why}` per line. */
function readSkips() {
  if (!existsSync(skipsFile)) return [];
  return readFileSync(skipsFile, 'utf8')
    .split('\n')
    .filter((line, index, lines) => line !== '' && lines.indexOf(line) === index)
    .map((line) => JSON.parse(line));
}

/** Runs suites one after the other, until the run is stopped. */
async function inTurn(names, options) {
  const ended = [];
  for (const name of names) if (!stopped) ended.push(await runWhole(name, options));
  return ended;
}

// Where whole nodes and pods start, the processors are idle a third of the time, which is enough for the tests of single
// packages with real programs. Those of `unit` would be too slow there: the fewer workers they have, the longer each one
// has to live with what all its files left behind.
const chosen = (...names) => suites.filter((name) => names.includes(name));
async function runAll() {
  if (chosen('bed', 'pods').length === 0) return inTurn(suites);
  const unit = await inTurn(chosen('unit'));
  const early = await Promise.all([inTurn(chosen('real'), { isBeside: true }), inTurn(chosen('bed', 'pods'))]);
  const others = await inTurn(suites.filter((name) => !['unit', 'real', 'bed', 'pods'].includes(name)));
  return [...unit, ...early.flat(), ...others];
}
const runs = await runAll();

for (const one of runs) one.flaky = await runAgain(one);

// A log of CI may be cut to its end, so the names come right before the counts.
for (const { suite, name, seconds } of slowestFiles(runs))
  console.log(`slow: ${Math.round(seconds)} s ${suite} ${path.relative(root, name)}`);
const printTests = ({ suite, directory }, testResults, word) => {
  const trail = (pid) => trailOf(directory, pid, root);
  for (const line of failedTests(suite, { testResults }, root, trail, word)) console.log(line);
};
let flakyFiles = 0;
for (const one of runs) {
  printTests(one, one.flaky, 'flaky');
  const named = [...one.flaky, ...one.result.testResults.filter(({ status }) => status === 'failed')];
  const left = one.left.filter((file) => !named.some(({ name }) => name === file));
  for (const file of left)
    console.log(
      `flaky: ${one.suite} ${path.relative(root, file)}\n    A worker left with a code, and another one ran it.`,
    );
  flakyFiles += one.flaky.length + left.length;
}
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
for (const one of runs) {
  const { suite, result, seconds, code, hasReport, hung, flaky } = one;
  printTests(one, result.testResults, 'failed');
  const counts = countTests(result);
  const incomplete = [];
  if (!hasReport && !hung) incomplete.push(`jest ended with code ${code} and without a report`);
  if (result.notBegun > 0) incomplete.push(`${result.notBegun} files did not run`);
  // jest may say that a run failed for a reason that no file has.
  if (code !== 0 && counts.failed === 0 && flaky.length === 0 && incomplete.length === 0)
    incomplete.push(`jest ended with code ${code}, though no test failed`);
  for (const what of incomplete) console.log(`failed: ${suite}: ${what}`);
  counts.failed += incomplete.length;
  for (const key of Object.keys(total)) total[key] += counts[key];
  summary.push(
    `${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, in ${seconds} s`,
  );
}
for (const line of summary) console.log(line);
const skips = readSkips();
for (const { what, why } of skips) console.log(`skipped: ${what}: ${why}`);
if (process.env.CI === 'true' && (skips.length > 0 || total.skipped > 0)) {
  console.log('In CI, no test may be skipped. Install what is missing on this machine.');
  total.failed += 1;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${flakyFiles} flaky`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && !stopped && suites.length > 0 ? 0 : 1);
