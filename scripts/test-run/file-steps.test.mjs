import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSteps } from './file-steps.mjs';

let directory;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-steps-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the steps of a run', () => {
  it('say what ended, what was running, and how many files had not begun', () => {
    const file = path.join(directory, 'steps.ndjson');
    const ended = { name: '/clone/a.test.ts', status: 'passed', assertionResults: [] };
    const steps = [{ total: 5 }, { begun: '/clone/a.test.ts' }, { begun: '/clone/b.test.ts' }, { ended }];
    writeFileSync(file, `${steps.map((step) => JSON.stringify(step)).join('\n')}\n{"begun":"/clo`);
    expect(readSteps(file)).toEqual({ testResults: [ended], running: ['/clone/b.test.ts'], notBegun: 3 });
  });

  it('are none before a run began', () => {
    expect(readSteps(path.join(directory, 'none'))).toEqual({ testResults: [], running: [], notBegun: 0 });
  });
});
