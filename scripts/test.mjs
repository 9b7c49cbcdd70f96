// Runs the suites that are named (unit, real, e2e, bed, fuzzing, slow), one after the other, and ends with one line of
// counts.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { ownNode, root } from './bootstrap.mjs';
import { endsWithThis } from './end-with-parent.mjs';

const known = ['unit', 'real', 'e2e', 'bed', 'fuzzing', 'slow'];
const suites = process.argv.slice(2).filter((name) => known.includes(name));
const rest = process.argv.slice(2).filter((name) => !known.includes(name));
const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-test-'));
const skipsFile = path.join(scratch, 'skips.ndjson');
let child;

// What runs whole systems may leave a connection behind, and a run must end all the same; a busy machine takes its
// time.
const whole = ['--forceExit', '--testTimeout=30000'];
// Whole systems are tested one file at a time. Much of that is waiting: SALLYPORT_TEST_WORKERS=2 takes half as long,
// for whoever can live with a deadline that is missed now and then because the other file had the cores. What starts a
// node of its own, or measures, is always alone.
const side = process.env.SALLYPORT_TEST_WORKERS === '2' ? '--maxWorkers=2' : '--runInBand';
const limits = {
  unit: ['--maxWorkers=5', '--testTimeout=30000'],
  real: ['--maxWorkers=2', ...whole],
  e2e: [side, ...whole],
  bed: ['--runInBand', ...whole],
  fuzzing: ['--runInBand', ...whole],
  slow: ['--runInBand', ...whole],
};

function runSuite(suite) {
  const outputFile = path.join(scratch, `${suite}.json`);
  const args = [
    // Its threads would take the cores from the tests.
    '--single-threaded-gc',
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=TimeoutNegativeWarning',
    path.join(root, 'node_modules/jest/bin/jest.js'),
    // What is named on the command line may be in one suite only.
    ...rest,
    ...(rest.length > 0 ? ['--passWithNoTests'] : []),
    ...limits[suite],
    '--json',
    `--outputFile=${outputFile}`,
    '--selectProjects',
    suite,
  ];
  process.stderr.write(`\n== ${suite} ==\n`);
  const startedAt = Date.now();
  child = spawn(ownNode(), [...endsWithThis.args, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...endsWithThis.env, SALLYPORT_SKIPS: skipsFile },
  });
  return new Promise((resolve) => {
    child.on('exit', (code) =>
      resolve({
        suite,
        code: code ?? 1,
        seconds: Math.round((Date.now() - startedAt) / 1000),
        result: existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined,
      }),
    );
  });
}

let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopped = true;
    child?.kill(signal);
  });
}

/** What was left out because this machine lacks something: `{what, why}` a line, written by the tests themselves. */
function readSkips() {
  if (!existsSync(skipsFile)) return [];
  return readFileSync(skipsFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const runs = [];
for (const suite of suites) {
  if (!stopped) runs.push(await runSuite(suite));
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
  console.log('In CI nothing may be skipped: what is missing here must be installed.');
  total.failed += 1;
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 && !stopped && suites.length > 0 ? 0 : 1);
