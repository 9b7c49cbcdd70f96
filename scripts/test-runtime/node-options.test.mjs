import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { testNodeOptions } from './node-options.mjs';

describe('the options of Node.js for tests', () => {
  it('hold in the process that runs a test file', () => {
    expect(process.execArgv).toEqual(expect.arrayContaining(testNodeOptions));
  });
});
