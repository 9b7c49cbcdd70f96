// Runs the test suites named as arguments (unit, real, e2e, bed, pods, upgrade, fuzzing, slow), and prints the number of
// tests that passed, failed and were skipped. `unit` and `real` run beside `bed` and `pods`, and the others one after the
// other.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { ownNode, root } from './bootstrap.mjs';
import { endsWithThis } from './end-with-parent.mjs';
import { failedTests } from './failed-tests.mjs';
import { testNodeOptions } from './test-runtime/node-options.mjs';
import { trailOf } from './test-runtime/worker-trail.mjs';

const known = ['unit', 'real', 'e2e', 'bed', 'pods', 'upgrade', 'fuzzing', 'slow'];
const suites = process.argv.slice(2).filter((name) => known.includes(name));
const rest = process.argv.slice(2).filter((name) => !known.includes(name));
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

/**
 * The same for a suite that runs beside others, in this order. Those of `real` ask servers, whose answers have deadlines.
 * Those of `unit` wait for nothing, so they get the processors only when nothing else needs them.
 */
const beside = { real: ['--maxWorkers=2', ...wholeSystem], unit: ['--maxWorkers=2'] };
const lowPriority = ['unit'];

function runSuite(suite, { isBeside = false } = {}) {
  const outputFile = path.join(scratch, `${suite}.json`);
  const args = [
    ...testNodeOptions,
    path.join(root, 'node_modules/jest/bin/jest.js'),
    // A file named on the command line may be in only one of the suites.
    ...rest,
    ...(rest.length > 0 ? ['--passWithNoTests'] : []),
    ...(isBeside ? beside : limits)[suite],
    '--json',
    `--outputFile=${outputFile}`,
    '--selectProjects',
    suite,
  ];
  process.stderr.write(`\n== ${suite} ==\n`);
  const startedAt = Date.now();
  const child = spawn(ownNode(), [...endsWithThis.args, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...endsWithThis.env,
      SALLYPORT_SKIPS: skipsFile,
      SALLYPORT_TEST_TRAILS: scratch,
      // The tests start the same programs many times, and so compile them once.
      NODE_COMPILE_CACHE: path.join(scratch, 'compiled'),
    },
  });
  children.add(child);
  if (isBeside && lowPriority.includes(suite)) setPriority(child.pid, 5);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      children.delete(child);
      resolve({
        suite,
        code: code ?? 1,
        signal,
        pid: child.pid,
        seconds: Math.round((Date.now() - startedAt) / 1000),
        result: existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined,
      });
    });
  });
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
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Runs suites one after the other, until the run is stopped. */
async function inTurn(names, options) {
  const ended = [];
  for (const name of names) if (!stopped) ended.push(await runSuite(name, options));
  return ended;
}

// Where whole nodes and pods start, the processors are idle a third of the time, which is enough for the tests of single
// packages. The whole-system tests of `e2e` need all of them.
const besideThese = ['bed', 'pods'].filter((name) => suites.includes(name));
const quick = besideThese.length > 0 ? Object.keys(beside).filter((name) => suites.includes(name)) : [];
const first = quick.length > 0 ? [inTurn(quick, { isBeside: true }), inTurn(besideThese)] : [];
const ran = (await Promise.all(first)).flat();
const left = suites.filter((name) => !ran.some(({ suite }) => suite === name));
const runs = [...ran, ...(await inTurn(left))];

// A log of CI may be cut to its end, so the names come right before the counts.
const trail = (pid) => (pid === undefined ? undefined : trailOf(scratch, pid, root));
for (const { suite, result, code, signal, pid } of runs) {
  if (!result) {
    console.log(`failed: ${suite}: jest ended with ${signal ?? `code ${code}`} and without a report`);
    // A few files run in the process of jest itself.
    const steps = trail(pid);
    if (steps !== undefined) console.log(`    ${steps}`);
  }
  for (const line of result ? failedTests(suite, result, root, trail) : []) console.log(line);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const { suite, result, seconds, code } of runs) {
  const broken = result
    ? result.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length
    : 1;
  const counts = {
    passed: result?.numPassedTests ?? 0,
    failed: (result?.numFailedTests ?? 0) + broken,
    skipped: (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0),
  };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, in ${seconds} s`);
}
const skips = readSkips();
for (const { what, why } of skips) console.log(`skipped: ${what}: ${why}`);
if (process.env.CI === 'true' && (skips.length > 0 || total.skipped > 0)) {
  console.log('In CI, no test may be skipped. Install what is missing on this machine.');
  total.failed += 1;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && !stopped && suites.length > 0 ? 0 : 1);
