import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parse } from 'yaml';
import { runDemo, type RunningDemo } from './run-demo.ts';

let directory: string;
let demo: RunningDemo | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-demo-'));
  process.env.SALLYPORT_LOG_LEVEL = 'info';
});
afterEach(async () => {
  delete process.env.SALLYPORT_LOG_LEVEL;
  await demo?.close();
  rmSync(directory, { recursive: true });
});

describe('the log of the demo', () => {
  it('names the service exactly once in each line', async () => {
    let text = '';
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      demo = await runDemo(
        {
          cluster: 'practice',
          kubeconfig: undefined,
          context: undefined,
          yes: true,
          port: 0,
          stateDir: directory,
          policy: undefined,
          exitAfter: undefined,
          help: false,
        },
        () => {},
      );
    } finally {
      write.mockRestore();
    }
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    // JSON is YAML, and the YAML parser refuses a duplicate key.
    const services = lines.map((line) => (parse(line) as { service: string }).service);
    expect(services).toEqual(expect.arrayContaining(['proxy', 'authorize']));
  });
});
