// A reporter of jest that notes when each file of tests begins and how it ends. A run that hangs or dies leaves no report,
// but these lines.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const stepsFile = process.env.SALLYPORT_TEST_STEPS;
const note = (step) => appendFileSync(stepsFile, `${JSON.stringify(step)}\n`);

export default class FileSteps {
  onRunStart({ numTotalTestSuites }) {
    note({ total: numTotalTestSuites });
  }

  onTestFileStart({ path }) {
    note({ begun: path });
  }

  onTestFileResult({ path }, result) {
    const { failureMessage, perfStats, numFailingTests, testExecError } = result;
    note({
      // In the shape of jest's own report.
      ended: {
        name: path,
        status: numFailingTests > 0 || testExecError || failureMessage ? 'failed' : 'passed',
        message: failureMessage ?? '',
        startTime: perfStats.start,
        endTime: perfStats.end,
        assertionResults: result.testResults,
      },
    });
  }

  getLastError() {
    return undefined;
  }
}

/**
 * Returns what the lines of a run say: the results of the files that ended, the paths of those that only began, and how
 * many did not begin.
 */
export function readSteps(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // A process that was killed may leave half a line.
  const steps = lines.slice(0, -1).map(JSON.parse);
  const total = steps.find((step) => step.total !== undefined)?.total ?? 0;
  const ended = new Map(steps.filter((step) => step.ended).map((step) => [step.ended.name, step.ended]));
  const begun = new Set(steps.filter((step) => step.begun !== undefined).map((step) => step.begun));
  const running = [...begun].filter((name) => !ended.has(name));
  return { testResults: [...ended.values()], running, notBegun: Math.max(0, total - ended.size - running.length) };
}
