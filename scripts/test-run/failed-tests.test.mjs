import { describe, expect, it } from '@jest/globals';
import { failedTests } from './failed-tests.mjs';

const failed = (title, ...failureMessages) => ({
  ancestorTitles: ['a spool', 'full'],
  title,
  status: 'failed',
  failureMessages,
});
const passed = { ancestorTitles: [], title: 'is fine', status: 'passed', failureMessages: [] };
const file = (name, assertionResults, message = '') => ({ name, status: 'failed', message, assertionResults });
const linesOf = (...testResults) => failedTests('unit', { testResults }, '/clone');

describe('the names of failed tests', () => {
  it('are those of the failed tests only, with file and reason', () => {
    const message = [
      '\u{1B}[2mexpect(\u{1B}[22mreceived).toBeLessThan(expected)',
      '',
      'Expected: < 1200',
      'Received:   1632',
      '    at Object.toBeLessThan (/clone/a.test.ts:82:32)',
    ].join('\n');
    expect(
      linesOf(
        { name: '/clone/b.test.ts', status: 'passed', message: '', assertionResults: [passed] },
        file('/clone/packages/spool/a.test.ts', [passed, failed('deletes files', message)]),
      ),
    ).toEqual([
      'failed: unit packages/spool/a.test.ts › a spool › full › deletes files\n' +
        '    expect(received).toBeLessThan(expected) Expected: < 1200 Received:   1632',
    ]);
  });

  it('include files that could not run', () => {
    const message = '  ● Test suite failed to run\n\n    Cannot find module x\n\n    > 3 | import x\n      at y';
    expect(linesOf(file('/clone/a.test.ts', [], message))).toEqual([
      'failed: unit a.test.ts\n    ● Test suite failed to run Cannot find module x',
    ]);
  });

  it('include files whose worker was ended by a signal, and what it ran', () => {
    const message = '  ● Test suite failed to run\n\n    A jest worker process (pid=12) was terminated: signal=SIGSEGV';
    const report = { testResults: [file('/clone/a.test.ts', [], message)] };
    expect(failedTests('unit', report, '/clone', (pid) => `Process ${pid} ran b.test.ts`)).toEqual([
      'failed: unit a.test.ts\n' +
        '    ● Test suite failed to run A jest worker process (pid=12) was terminated: signal=SIGSEGV\n' +
        '    Process 12 ran b.test.ts',
    ]);
  });

  it('are bounded in number and length', () => {
    const many = Array.from({ length: 32 }, (_, index) => failed(`rule ${index}`, 'x'.repeat(1000)));
    const lines = linesOf(file('/clone/a.test.ts', many));
    expect(lines).toHaveLength(31);
    expect(lines.at(-1)).toBe('failed: unit: 2 more');
    // The first few at length.
    expect(lines.map((line) => line.length > 1000)).toEqual(lines.map((_line, index) => index < 5));
    expect(lines[5].length).toBeLessThan(400);
  });

  it('include the cause, which comes behind the stack', () => {
    const message =
      'Error: too late\n    at wait (/clone/a.mjs:1:2)\n  [cause]: Error: refused\n    at ask (/clone/a.mjs:3:4)';
    expect(linesOf(file('/clone/a.test.ts', [failed('waits', message)]))).toEqual([
      'failed: unit a.test.ts › a spool › full › waits\n    Error: too late [cause]: Error: refused',
    ]);
  });

  it('are marked with another word on demand', () => {
    const report = { testResults: [file('/clone/a.test.ts', [failed('waits', 'late')])] };
    expect(failedTests('real', report, '/clone', undefined, 'flaky')[0]).toMatch(/^flaky: real a\.test\.ts/);
  });
});
