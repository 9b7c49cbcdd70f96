import { describe, expect, it } from '@jest/globals';
import { countTests, mostAgain, slowestFiles, worthAnotherRun } from './outcome.mjs';

const test = (status, ...failureMessages) => ({ status, failureMessages });
const file = (name, status, assertionResults, message = '') => ({
  name,
  status,
  message,
  assertionResults,
  startTime: 1000,
  endTime: 1000 + 1000 * name.length,
});
const failed = (name) => file(name, 'failed', [test('failed', 'late')]);

describe('the outcome of a run', () => {
  it('counts tests, and a file that failed apart from its tests as one', () => {
    const testResults = [
      file('a', 'failed', [test('failed', 'late'), test('passed'), test('pending')]),
      file('after', 'failed', [test('passed')], 'afterAll failed'),
      file('loading', 'failed', [], 'cannot load'),
      file('b', 'passed', [test('passed'), test('todo')]),
    ];
    expect(countTests({ testResults })).toEqual({ passed: 3, failed: 3, skipped: 2 });
  });

  it('is looked at again for failed files, unless they are of unit, have a counterexample, or are too many', () => {
    const [one, two] = [failed('one'), failed('two')];
    const found = file('found', 'failed', [test('failed', 'Property failed after 12 tests')]);
    const testResults = [one, file('fine', 'passed', [test('passed')]), found, two];
    expect(worthAnotherRun('e2e', { testResults })).toEqual([one, two]);
    expect(worthAnotherRun('unit', { testResults })).toEqual([]);
    const many = Array.from({ length: mostAgain + 1 }, (_none, index) => failed(`file ${index}`));
    expect(worthAnotherRun('e2e', { testResults: many })).toEqual([]);
    expect(worthAnotherRun('e2e', { testResults: many.slice(1) })).toEqual(many.slice(1));
  });

  it('names the slowest files, and not those that could not run', () => {
    const never = { ...failed('never ran at all'), startTime: 0, endTime: 0 };
    const runs = [
      { suite: 'real', result: { testResults: [failed('abc'), never] } },
      { suite: 'e2e', result: { testResults: [failed('abcd')] } },
    ];
    expect(slowestFiles(runs)).toEqual([
      { suite: 'e2e', name: 'abcd', seconds: 4 },
      { suite: 'real', name: 'abc', seconds: 3 },
    ]);
  });
});
