// What a run of jest came to, by its report and nothing else. jest's own totals leave out a file whose `afterAll` failed.

/** The most failed files of a suite that are run again. More than these have one cause, which will not go away. */
export const mostAgain = 8;
const isFailed = ({ status }) => status === 'failed';

/** A counterexample of a property. Another seed would hide it. */
const isFound = ({ message, assertionResults }) =>
  [message, ...assertionResults.flatMap((one) => one.failureMessages ?? [])].some((text) =>
    /Property failed after \d+ tests/.test(text),
  );

/**
 * Returns the failed files that are worth a second run. Those of `unit` wait for nothing and have no neighbors, so what
 * fails there is a fault.
 */
export function worthAnotherRun(suite, { testResults }) {
  const failed = testResults.filter(isFailed);
  if (suite === 'unit' || failed.length > mostAgain) return [];
  return failed.filter((file) => !isFound(file));
}

/** Counts the tests of a report. A file that failed without a failed test counts as one. */
export function countTests({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    const failed = assertionResults.filter(isFailed).length;
    const passed = assertionResults.filter((one) => one.status === 'passed').length;
    counts.passed += passed;
    counts.failed += failed > 0 || status !== 'failed' ? failed : 1;
    counts.skipped += assertionResults.length - failed - passed;
  }
  return counts;
}

/** Returns the files that took longest, each with its seconds. A file that could not run has no times. */
export function slowestFiles(runs, most = 10) {
  return runs
    .flatMap(({ suite, result }) =>
      (result?.testResults ?? [])
        .filter(({ startTime }) => startTime > 0)
        .map(({ name, startTime, endTime }) => ({ suite, name, seconds: (endTime - startTime) / 1000 })),
    )
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most);
}
