import { describe, expect, it } from '@jest/globals';
import { parseMountsBelow } from './mounts.ts';

const line = (id: number, point: string): string => `${id} 1 0:1 / ${point} rw - tmpfs tmpfs rw`;

describe('the mounts below a directory', () => {
  it('are sorted with the deepest first, so that each can be unmounted in turn', () => {
    const info = [
      line(1, '/'),
      line(2, '/run/x'),
      line(3, '/run/x/a'),
      line(4, '/run/x/a/b'),
      line(5, '/run/x/c'),
    ].join('\n');
    expect(parseMountsBelow(info, '/run/x')).toEqual(['/run/x/a/b', '/run/x/c', '/run/x/a', '/run/x']);
  });

  it('do not include those of a sibling directory with a longer name', () => {
    expect(parseMountsBelow(line(1, '/run/xy/a'), '/run/x')).toEqual([]);
  });

  it('keep their names, including blanks', () => {
    expect(parseMountsBelow(line(1, '/run/x/a\\040b\\134c'), '/run/x')).toEqual(['/run/x/a b\\c']);
  });
});
