// Names the tests that failed in a run of jest, so that the end of a long log says what failed and how.
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const mostFailures = 30;
/** The interesting half of a difference is its end. */
const longestReasons = { count: 5, first: 1500, rest: 300 };

/** Returns the lines up to the stack, the code frame or the second paragraph of output, in one line. */
function upToStack(lines) {
  const stack = lines.findIndex((line) => /^\s*(at |>?\s*\d+ \|)/.test(line));
  return (stack < 0 ? lines : lines.slice(0, stack))
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');
}

/** Returns what a failure says without its stack, and what it says of its cause, which comes behind the stack. */
function reasonOf(message) {
  const lines = stripVTControlCharacters(message).split('\n');
  const cause = lines.findIndex((line) => /^\s*\[cause\]: |^\s*Cause:/.test(line));
  if (cause < 0) return upToStack(lines);
  return [upToStack(lines.slice(0, cause)), upToStack(lines.slice(cause))].filter(Boolean).join(' ');
}

const cut = (text, longest) => (text.length > longest ? `${text.slice(0, longest)} …` : text);

/** What jest says of a file whose worker was ended by a signal. */
const endedWorker = /\bjest worker process \(pid=(\d+)\)/;

/**
 * Returns a line `failed: <suite> <file> › <test>` for each failed test in the JSON report of jest, each with its
 * reason in the line below. A file that could not run at all has no test name. If its worker was ended, `trailOf` says
 * what that process ran. At most 30 failures are named. `word` replaces `failed`.
 */
export function failedTests(suite, { testResults }, root, trailOf = () => undefined, word = 'failed') {
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = `${word}: ${suite} ${path.relative(root, name)}`;
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
  const { count, first, rest } = longestReasons;
  const lines = failures
    .slice(0, mostFailures)
    .map(([name, reason], index) => `${name}\n    ${cut(reason, index < count ? first : rest)}`);
  if (failures.length > mostFailures) lines.push(`${word}: ${suite}: ${failures.length - mostFailures} more`);
  return lines;
}
