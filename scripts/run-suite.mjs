// Runs one suite, or one file of it, with jest, and returns its report. Also watches it from outside: a loop that never
// yields ends neither by a test's time limit nor with a report.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ownNode, root } from './bootstrap.mjs';
import { endsWithThis } from './end-with-parent.mjs';
import { testNodeOptions } from './test-runtime/node-options.mjs';
import { filesLeft, trailOf } from './test-runtime/worker-trail.mjs';
import { readSteps } from './test-run/file-steps.mjs';

/** The time in which a file must end. The longest takes a third of it. Measurements and soak tests take as long as they do. */
const quietMs = Number(process.env.SALLYPORT_TEST_QUIET_MS ?? 15 * 60_000);
const watched = ['unit', 'real', 'e2e', 'bed', 'pods'];
/** How long a run may take to stop what it started. */
const stopMs = 60_000;

/** Returns a process and its descendants, as far as they are known. */
function processTree(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const children = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return [pid, ...children.flatMap((child) => processTree(Number(child)))];
  } catch {
    return [pid];
  }
}

function end(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Ends a run in which no file has ended for too long. A worker in a loop ignores everything but SIGKILL. */
function endIfQuiet(child, steps, onQuiet) {
  const timer = setInterval(() => {
    // The file grows whenever a file of tests begins or ends, and does not exist while a bed is built.
    const lastStep = statSync(steps, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - lastStep < quietMs || readSteps(steps).running.length === 0) return;
    clearInterval(timer);
    onQuiet();
    const tree = processTree(child.pid);
    child.kill('SIGTERM');
    const last = setTimeout(() => tree.forEach((pid) => end(pid, 'SIGKILL')), stopMs);
    child.once('exit', () => {
      clearTimeout(last);
      tree.forEach((pid) => end(pid, 'SIGKILL'));
    });
  }, 1000);
  child.once('exit', () => clearInterval(timer));
}

/** The report of a run that left none: the files that ended, and a failure for each that did not. */
function reportOf({ testResults, running, notBegun }, why, directory, pid) {
  const trail = trailOf(directory, pid, root);
  const reason = [why, ...(trail === undefined ? [] : [trail])].join(' ');
  const unfinished = running.map((name) => ({ name, status: 'failed', message: reason, assertionResults: [] }));
  return { testResults: [...testResults, ...unfinished], notBegun };
}

/**
 * Runs jest with these arguments. `children` has its process while it runs. The result has its report, or what is known
 * without one, and `left` names the files that more than one worker began, because the first left with an exit code.
 */
export function runSuite(suite, { args, directory, children, environment }) {
  mkdirSync(directory, { recursive: true });
  const [outputFile, steps] = [path.join(directory, 'report.json'), path.join(directory, 'steps.ndjson')];
  const startedAt = Date.now();
  const child = spawn(
    ownNode(),
    [
      ...endsWithThis.args,
      ...testNodeOptions,
      path.join(root, 'node_modules/jest/bin/jest.js'),
      ...args,
      '--reporters=default',
      `--reporters=${path.join(root, 'scripts/test-run/file-steps.mjs')}`,
      '--json',
      `--outputFile=${outputFile}`,
      '--selectProjects',
      suite,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        ...endsWithThis.env,
        ...environment,
        SALLYPORT_TEST_TRAILS: directory,
        SALLYPORT_TEST_STEPS: steps,
      },
    },
  );
  children.add(child);
  let hung = false;
  if (watched.includes(suite))
    endIfQuiet(child, steps, () => {
      hung = true;
    });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      children.delete(child);
      const ended = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
      const why = hung
        ? `It did not end: no file of tests ended for ${Math.round(quietMs / 1000)} s.`
        : `It did not end: jest ended with ${signal ?? `code ${code}`} and without a report.`;
      resolve({
        suite,
        code: code ?? 1,
        hung,
        hasReport: ended !== undefined,
        directory,
        seconds: Math.round((Date.now() - startedAt) / 1000),
        result: ended ?? reportOf(readSteps(steps), why, directory, child.pid),
        left: filesLeft(directory),
      });
    });
  });
}
