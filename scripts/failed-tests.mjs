// Names the tests that failed in a run of jest, so that the end of a long log says what failed and how.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const mostFailures = 30;
const longestReason = 300;

/** Returns the lines of a failure up to the stack, the code frame or the second paragraph of output, in one line. */
function reasonOf(message) {
  const lines = stripVTControlCharacters(message).split('\n');
  const stack = lines.findIndex((line) => /^\s*(at |>?\s*\d+ \|)/.test(line));
  const text = (stack < 0 ? lines : lines.slice(0, stack))
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');
  return text.length > longestReason ? `${text.slice(0, longestReason)} …` : text;
}

/** What jest says of a file whose worker was ended by a signal. */
const endedWorker = /\bjest worker process \(pid=(\d+)\)/;

/**
 * Returns a line `failed: <suite> <file> › <test>` for each failed test in the JSON report of jest, each with its
 * reason in the line below. A file that could not run at all has no test name. If its worker was ended, `trailOf` says
 * what that process ran. At most 30 failures are named.
 */
export function failedTests(suite, { testResults }, root, trailOf = () => undefined) {
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = `failed: ${suite} ${path.relative(root, name)}`;
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) {
        const trail = trailOf(endedWorker.exec(message)?.[1]);
        return [[file, [reasonOf(message), ...(trail === undefined ? [] : [trail])].join('\n    ')]];
      }
      return failed.map(({ ancestorTitles, title, failureMessages }) => [
        [file, ...ancestorTitles, title].join(' › '),
        reasonOf(failureMessages.join('\n')),
      ]);
    });
  const lines = failures.slice(0, mostFailures).map(([name, reason]) => `${name}\n    ${reason}`);
  if (failures.length > mostFailures) lines.push(`failed: ${suite}: ${failures.length - mostFailures} more`);
  return lines;
}
