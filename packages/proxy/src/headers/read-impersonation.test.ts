import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { readHeaders } from './read-headers.ts';

const read = (...lines: string[]) => readHeaders(['Host', 'gate', ...lines], { mayActAs: true }).impersonate;
const codeOf = (...lines: string[]) => {
  try {
    read(...lines);
    return 'ok';
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
};
const bob = ['Impersonate-User', 'bob'];
const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('the headers Impersonate-*', () => {
  it('are read as policies have them, each once and in UTF-8', () => {
    expect(
      read(
        'IMPERSONATE-user',
        latin1('zoë'),
        'Impersonate-Group',
        'a,b',
        'Impersonate-Group',
        'c',
        'Impersonate-Group',
        'c',
        'Impersonate-Uid',
        '1',
        'Impersonate-Extra-Example.com%2FTeam',
        'x',
        'impersonate-extra-example.com%2fteam',
        'y',
        'Impersonate-Extra-constructor',
        'z',
      ),
    ).toEqual([
      'user:zoë',
      'uid:1',
      'group:a,b',
      'group:c',
      'extra:example.com/team=x',
      'extra:example.com/team=y',
      'extra:constructor=z',
    ]);
    expect(read('Impersonate-User', 'system:serviceaccount:shop:web')).toEqual(['serviceaccount:shop/web']);
    expect(read()).toBeUndefined();
  });

  it('are not forwarded', () => {
    expect(readHeaders(['Host', 'gate', ...bob], { mayActAs: true }).forward).toEqual([]);
  });

  it.each([
    'Impersonate-Users',
    'Impersonate_User',
    'Impersonate-Extra',
    'Impersonate',
    '-Impersonate-User',
    'X-Remote-User',
  ])('are refused in another spelling: %s', (name) => {
    expect(codeOf(...bob, name, 'a')).toBe('forbidden-header');
  });

  it.each([
    'sallyport.dev%2factor',
    'SALLYPORT.DEV%2Factor',
    '%73allyport.dev%2factor',
    '%2573allyport.dev%252factor',
    '%252573allyport.dev',
    'a.sallyport.dev',
    'authentication.kubernetes.io%2fnode-name',
  ])('may not set the extra %s', (key) => {
    expect(codeOf(...bob, `Impersonate-Extra-${key}`, 'a')).toBe('forbidden-header');
  });

  it.each([
    [['Impersonate-Group', 'a']],
    [['Impersonate-Uid', 'a']],
    [['Impersonate-Extra-a', 'a']],
    [[...bob, ...bob]],
    [[...bob, 'Impersonate-Uid', '1', 'Impersonate-Uid', '1']],
    [['Impersonate-User', '']],
    [['Impersonate-User', 'a\xff']],
    [['Impersonate-User', latin1('a\u0085')]],
    [['Impersonate-User', latin1('\u00a0a')]],
    [['Impersonate-User', latin1('a\u202eb')]],
    [['Impersonate-User', 'x'.repeat(1025)]],
    [['Impersonate-User', 'system:serviceaccount:a']],
    [['Impersonate-User', 'System:serviceaccount:a:b']],
    [[...bob, 'Impersonate-Extra-', 'a']],
    [[...bob, 'Impersonate-Extra-%zz', 'a']],
    [[...bob, 'Impersonate-Extra-%ff', 'a']],
    [[...bob, 'Impersonate-Extra-a%3d', 'a']],
    [[...bob, 'Impersonate-Extra-__proto__', 'a']],
    [[...bob, 'Impersonate-Extra-a%252f', 'a']],
    [[...bob, ...Array.from({ length: 32 }, (_none, at) => ['Impersonate-Group', `${at}`]).flat()]],
  ])('are malformed: %j', (lines) => {
    expect(codeOf(...lines)).toBe('bad-request');
  });
});
