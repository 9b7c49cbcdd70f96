import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import TestRunner from 'jest-runner';
import { longest } from './longest-first.mjs';
import SideBySide, { alone, installing, waiting } from './side-by-side.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const lists = [waiting, alone];
const named = [...lists, installing].flatMap((list) => Object.entries(list));
const test = (file) => ({ path: path.join(root, 'test-e2e/src', file) });
const runner = (maxWorkers = 3) => new SideBySide({ maxWorkers }, {});

afterEach(() => jest.restoreAllMocks());

describe('the order of the test files', () => {
  it('names files that exist, each once', () => {
    const found = new Set(
      globSync('{packages/*,test-e2e}/src/**/*.ts', { cwd: root }).map((file) => path.basename(file)),
    );
    expect(longest.filter((name) => !found.has(name))).toEqual([]);
    expect(longest).toEqual([...new Set(longest)]);
  });
});

describe('the runner of the whole-system tests', () => {
  it('names files that exist, each with a reason', () => {
    expect(named.filter(([file]) => !existsSync(test(file).path))).toEqual([]);
    expect(named.filter(([, reason]) => !/^[A-Z].{20,}\.$/.test(reason))).toEqual([]);
  });

  it('names each file once', () => {
    expect(named.map(([file]) => file)).toEqual([...new Set(named.map(([file]) => file))]);
  });

  /** Runs files of every kind, mixed. Returns what jest's runner was given and when that ended, in order. */
  async function runAll(maxWorkers) {
    const calls = [];
    jest.spyOn(TestRunner.prototype, 'runTests').mockImplementation(async function (tests, _watcher, { serial }) {
      const lane = process.env.SALLYPORT_TEST_LANE;
      const how = serial ? 'one by one' : `${this._globalConfig.maxWorkers} at a time`;
      const what = `${lane === undefined ? '' : `in lane ${lane}: `}${how}`;
      calls.push(['begins', what, tests]);
      await new Promise((resolve) => setImmediate(resolve));
      calls.push(['ends', what, tests]);
    });
    const [waits, last] = lists.map((list) => Object.keys(list).map(test));
    const others = ['road/bytes.e2e.ts', 'docs/docs.e2e.ts', 'pages/looks.full.e2e.ts'].map(test);
    const mixed = [last, others, waits].map(([first]) => first);
    for (const list of [last, waits, others]) mixed.push(...list.slice(1));
    await runner(maxWorkers).runTests(mixed, {}, { serial: false });
    return { calls, waits, others, last };
  }

  it('runs three files at a time beside one that waits, then those that must be alone', async () => {
    const { calls, waits, others, last } = await runAll(4);
    expect(calls).toEqual([
      ['begins', 'in lane 4: 1 at a time', waits],
      ['begins', '3 at a time', others],
      ['ends', 'in lane 4: 1 at a time', waits],
      ['ends', '3 at a time', others],
      ['begins', 'one by one', last],
      ['ends', 'one by one', last],
    ]);
  });

  it('tells no other program of the lane', () => {
    expect(process.env.SALLYPORT_TEST_LANE).toBeUndefined();
  });

  it('starts no workers without files, and gives all of them to the others if none waits', async () => {
    const run = jest.spyOn(TestRunner.prototype, 'runTests').mockImplementation(async function (tests) {
      return [this._globalConfig.maxWorkers, tests.length];
    });
    await runner().runTests([test('road/bytes.e2e.ts'), test('docs/docs.e2e.ts')], {}, { serial: false });
    const results = await Promise.all(run.mock.results.map(({ value }) => value));
    expect(results).toEqual([
      [3, 2],
      [3, 0],
    ]);
    expect(run.mock.calls[1][2]).toEqual({ serial: true });
  });

  it('runs everything in one process if jest asks for that', async () => {
    const run = jest.spyOn(TestRunner.prototype, 'runTests').mockResolvedValue(undefined);
    const tests = [test('road/bytes.e2e.ts'), test(Object.keys(alone)[0])];
    const watcher = {};
    await runner().runTests(tests, watcher, { serial: true });
    expect(run.mock.calls).toEqual([[tests, watcher, { serial: true }]]);
  });
});
