import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commandStart, isCommandParameter, mayNameCommand, withoutCommand } from './named-commands.ts';

describe('a parameter with a command', () => {
  it.each([
    'command=x',
    'cmd=x',
    'Cmd=x',
    'c%6dd=x',
    '%2563md=x',
    'cmd%3Dx',
    '+cmd=x',
    'cmd%5B%5D=x',
    'a=1;cmd=x',
    'a=1#command=x',
    'a=1%26cmd%3Dx',
  ])('is found as %s', (part) => {
    expect([isCommandParameter(part), mayNameCommand(part)]).toEqual([true, true]);
  });

  it.each([
    'commands=x',
    'xcmd=x',
    'command',
    'labelSelector=cmd%3Dx',
    'fieldSelector=metadata.name%3Dcmd',
    'a=command',
  ])('is not found as %s', (part) => {
    expect(isCommandParameter(part)).toBe(false);
  });
});

describe('a path with a command', () => {
  it.each([
    ['/run/ns/pod/c%3Fcmd=x', '/run/ns/pod/c[redacted]'],
    ['/run/ns/pod/c?cmd=x/y', '/run/ns/pod/c[redacted]'],
    ['/run/ns/pod/c;cmd=x', '/run/ns/pod/c[redacted]'],
    ['/run/ns/pod/c%253F%63md%3Dx', '/run/ns/pod/c[redacted]'],
    ['/run/ns/pod/c', '/run/ns/pod/c'],
    ['/run/cmd=x', '/run/cmd=x'],
    ['/a%20cmd=x', '/a%20cmd=x'],
  ])('%s is shown as %s', (path, shown) => {
    expect(withoutCommand(path)).toBe(shown);
  });

  it('begins to have it at the character that was escaped, wherever that is', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.constantFrom('?', '%3F', '%253f', ';', '&', '%23'), (before, mark) => {
        fc.pre(commandStart(before) === -1 && !before.endsWith('%'));
        expect(commandStart(`${before}${mark}cmd=x`)).toBe(before.length);
      }),
    );
  });
});
