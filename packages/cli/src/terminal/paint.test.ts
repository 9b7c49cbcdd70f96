import { describe, expect, it } from '@jest/globals';
import { createRig } from '../testing/rig.ts';
import { createPaint } from './paint.ts';

describe('colors', () => {
  const rig = createRig();
  rig.remove();
  const painted = (env: Record<string, string>, isTTY: boolean) =>
    createPaint({ ...rig.environment, env, stdout: { isTTY, write: () => {} } })('REFUSED', 'bad') !== 'REFUSED';

  it.each([
    ['on a terminal', {}, true, true],
    ['not elsewhere', {}, false, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, true, false],
    ['with an empty NO_COLOR, which says nothing', { NO_COLOR: '' }, true, true],
    ['not on a dumb terminal', { TERM: 'dumb' }, true, false],
    ['elsewhere with FORCE_COLOR', { FORCE_COLOR: '1' }, false, true],
    ['on a dumb terminal with FORCE_COLOR', { FORCE_COLOR: '1', TERM: 'dumb' }, true, true],
    ['not with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, false],
    ['elsewhere with CLICOLOR_FORCE', { CLICOLOR_FORCE: '1' }, false, true],
    ['not because of CLICOLOR_FORCE=0', { CLICOLOR_FORCE: '0' }, false, false],
    ['not with CLICOLOR=0', { CLICOLOR: '0' }, true, false],
    ['not with NO_COLOR, even with FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ])('are used %s', (_when, env, isTTY, expected) => {
    expect(painted(env, isTTY)).toBe(expected);
  });
});
