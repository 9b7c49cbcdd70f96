// What a worker ran. If a signal ends it, jest names only its process and the file.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const most = 5;
const trailFile = (directory, pid) => path.join(directory, `worker-${pid}.ndjson`);

/** Notes that this process begins a file or a test. Without a directory, the run does not collect that. */
export function noteStep(directory, step) {
  if (directory !== undefined) appendFileSync(trailFile(directory, process.pid), `${JSON.stringify(step)}\n`);
}

/** Returns the last files that a process ran, and the test that it began last, in one line. */
export function trailOf(directory, pid, root) {
  const file = trailFile(directory, pid);
  if (!existsSync(file)) return undefined;
  const steps = readFileSync(file, 'utf8').trim().split('\n').map(JSON.parse);
  const files = steps.filter((step) => step.file !== undefined).map((step) => path.relative(root, step.file));
  const { test } = steps.at(-1);
  const begun = test === undefined ? 'no test of it' : `the test "${test.join(' › ')}"`;
  return `Its process had begun ${begun}. It ran, in this order: ${files.slice(-most).join(', ')}`;
}

/** Returns the files that more than one process began. jest starts them again when a worker left with a code. */
export function filesLeft(directory) {
  const begun = readdirSync(directory)
    .filter((name) => name.startsWith('worker-'))
    .flatMap((name) => {
      const lines = readFileSync(path.join(directory, name), 'utf8').split('\n').filter(Boolean);
      return [...new Set(lines.map((line) => JSON.parse(line).file).filter((file) => file !== undefined))];
    });
  return [...new Set(begun.filter((file, index) => begun.indexOf(file) !== index))];
}
