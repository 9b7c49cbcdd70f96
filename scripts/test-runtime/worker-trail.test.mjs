import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { noteStep, trailOf } from './worker-trail.mjs';

let directory;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-trail-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the trail of a worker', () => {
  it('names the files that it ran, and the test that it began last', () => {
    noteStep(directory, { file: '/clone/a.test.ts' });
    noteStep(directory, { test: ['a', 'ends'] });
    noteStep(directory, { file: '/clone/b.test.ts' });
    noteStep(directory, { test: ['b', 'crashes'] });
    expect(trailOf(directory, process.pid, '/clone')).toBe(
      'Its process had begun the test "b › crashes". It ran, in this order: a.test.ts, b.test.ts',
    );
  });

  it('says if a file had begun no test, and names the last five files', () => {
    for (let index = 0; index < 7; index += 1) noteStep(directory, { file: `/clone/${index}.test.ts` });
    const files = ['2', '3', '4', '5', '6'].map((name) => `${name}.test.ts`).join(', ');
    expect(trailOf(directory, process.pid, '/clone')).toBe(
      `Its process had begun no test of it. It ran, in this order: ${files}`,
    );
  });

  it('is missing for a process that noted nothing, or if the run does not collect it', () => {
    expect(trailOf(directory, process.pid, '/clone')).toBeUndefined();
    noteStep(undefined, { file: '/clone/a.test.ts' });
    expect(trailOf(directory, process.pid, '/clone')).toBeUndefined();
  });
});
