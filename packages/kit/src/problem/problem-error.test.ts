import { parseArgs } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { argumentFault } from './problem-error.ts';

const faultOf = (...args: string[]) => {
  try {
    parseArgs({ args, options: { config: { type: 'string' }, help: { type: 'boolean' } } });
    return 'none';
  } catch (error) {
    return argumentFault(error);
  }
};

describe('a mistake on the command line of a service', () => {
  it.each([
    [['--nope'], 'there is no option --nope'],
    [['--nope=1'], 'there is no option --nope'],
    [['-x'], 'there is no option -x'],
    [['check'], '"check" belongs to no option'],
    [['--config'], "Option '--config <value>' argument missing"],
    [['--help=1'], "Option '--help' does not take an argument"],
  ])('is told in one line: %j', (args, words) => {
    expect(faultOf(...args)).toBe(words);
  });
});
