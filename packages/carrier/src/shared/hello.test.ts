import { describe, expect, it } from '@jest/globals';
import { readTarget, targetText } from './hello.ts';

describe('an address', () => {
  it.each([
    ['kubernetes.default.svc:443', { host: 'kubernetes.default.svc', port: 443 }],
    ['DB.Example.:5432', { host: 'db.example', port: 5432 }],
    ['10.0.0.1:1', { host: '10.0.0.1', port: 1 }],
    ['[fd00::1]:65535', { host: 'fd00::1', port: 65_535 }],
  ])('is read: %s', (text, target) => {
    expect(readTarget(text)).toEqual(target);
    expect(readTarget(targetText(target))).toEqual(target);
  });

  it.each([
    '',
    'host',
    'host:',
    ':443',
    'host:0',
    'host:65536',
    'fd00::1:443',
    'a b:1',
    'host:1 ',
    'u@host:1',
    'host:1/x',
    '[::1].:1',
  ])('is not read in any other form: %p', (text) => expect(readTarget(text)).toBeUndefined());
});
