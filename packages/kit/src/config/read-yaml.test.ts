import { describe, expect, it } from '@jest/globals';
import { readYaml } from './read-yaml.ts';

const dataOf = (text: string) => {
  const read = readYaml(text);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.yaml.data;
};
const faultsOf = (text: string) => {
  const read = readYaml(text);
  return read.ok ? [] : read.faults.map(({ line, column, message }) => `${line}:${column} ${message}`);
};
const placeOf = (text: string, ...path: (string | number)[]) => {
  const read = readYaml(text);
  const place = read.ok ? read.yaml.place(path) : undefined;
  return place && `${place.line}:${place.column}`;
};

describe('YAML', () => {
  it('is read with the core schema of YAML 1.2, without the conversions of 1.1', () => {
    expect(dataOf('a: [yes, on, 1_000, 012, 0o14, 0x1F, 1e3, .inf, ~, null, true, 2026-11-26, 1:30]')).toEqual({
      a: ['yes', 'on', '1_000', 12, 12, 31, 1000, Infinity, null, null, true, '2026-11-26', '1:30'],
    });
    expect(dataOf('a: &a {b: 1}\nc:\n  <<: *a\n')).toEqual({ a: { b: 1 }, c: { '<<': { b: 1 } } });
    expect(dataOf('{"a":\t[1,\n\t"\\u00e9"]}')).toEqual({ a: [1, 'é'] });
  });

  it('may begin with a byte order mark, and have no document at all', () => {
    expect(dataOf('\uFEFFa: 1\r\nb: "2"\r\n')).toEqual({ a: 1, b: '2' });
    expect([dataOf(''), dataOf('# nothing\n')]).toEqual([undefined, undefined]);
  });

  it("has no duplicate keys and none of JavaScript's own, and every one is reported", () => {
    expect(faultsOf('a: 1\nb: {c: 1, "c": 2}\na: 2\nd:\n  - constructor: 1\n    1: x\n    "1": y\n')).toEqual([
      '2:11 duplicate key',
      '3:1 duplicate key',
      '5:5 the key constructor is not allowed',
      '7:5 duplicate key',
    ]);
    expect(faultsOf('? [a]\n: 1\n')).toEqual([expect.stringMatching(/complex keys/)]);
  });

  it('must be one document', () => {
    expect(faultsOf('a: 1\n---\nb: 2\n')).toEqual([expect.stringContaining('has more than one document')]);
  });

  it.each([
    ['a: [b\n', /^2:1 /],
    ['a:\n\tb: 1\n', /^2:1 tab characters/],
    [`${'['.repeat(65)}${']'.repeat(65)}`, /is nested more than 64 levels deep/],
    ['a: *b\n', /an alias refers to an unknown anchor/],
    ['a: !b c\n', /a tag cannot be resolved/],
    ['a: &a [b, *a]\n', /^1:12 an alias contains itself/],
  ])('is rejected with the position of its fault (%j)', (text, fault) => {
    expect(faultsOf(text)).toEqual([expect.stringMatching(fault)]);
  });

  it('may use aliases, but within bounds', () => {
    const bomb = (depth: number) =>
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .slice(0, depth)
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
        .join('\n')}\n`;
    expect(faultsOf(bomb(3))).toEqual([]);
    expect(faultsOf(bomb(4))).toEqual([
      expect.stringMatching(/^5:\d+ has aliases that expand to more than 100000 values$/),
    ]);
    expect(faultsOf(bomb(8))).toHaveLength(1);
    expect(faultsOf(`a: &a x\nb: [${'*a,'.repeat(1001)}]\n`)).toEqual([
      expect.stringMatching(/^2:\d+ has more than 1000 aliases$/),
    ]);
  });
});

describe('the position of a path in YAML', () => {
  const text =
    'a:\n  "b": [x, "y", \'z\']\n  c:\n    # - not this\n    - d: 1\n      e:\n    -\n    - - 2\n      -  # nothing\n    - |\n      text\nf: &f {g: 1}\nh: *f\n';
  it.each<[(string | number)[], string | undefined]>([
    [['a'], '1:1'],
    [['a', 'b'], '2:3'],
    [['a', 'b', 0], '2:9'],
    [['a', 'b', 1], '2:12'],
    [['a', 'b', 2], '2:17'],
    [['a', 'c', 0], '5:7'],
    [['a', 'c', 0, 'e'], '6:7'],
    [['a', 'c', 1], '7:5'],
    [['a', 'c', 2, 1], '9:7'],
    [['f', 'g'], '12:8'],
    [['h'], '13:1'],
  ])('is found for %j', (path, place) => {
    expect(placeOf(text, ...path)).toBe(place);
  });

  it('is that of its nearest ancestor if it is missing', () => {
    expect([
      placeOf(text, 'a', 'x', 'y'),
      placeOf(text, 'a', 'c', 9),
      placeOf(text, 'h', 'g'),
      placeOf(text, 'nothing'),
      placeOf(text),
      placeOf('', 'a'),
    ]).toEqual(['1:1', '3:3', '13:1', undefined, undefined, undefined]);
  });

  it('is found quickly with thousands of faults', () => {
    const long = Array.from({ length: 20_000 }, (_none, index) => `- a: ${index}\n`).join('');
    const read = readYaml(long);
    if (!read.ok) throw new Error('it is not read');
    const began = performance.now();
    const wrong = Array.from({ length: 20_000 }, (_none, index) => index).filter(
      (index) => read.yaml.place([index, 'a'])?.line !== index + 1,
    );
    expect(wrong).toEqual([]);
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it('is found quickly with thousands of items that are only a tag', () => {
    const text = `a:\n${'  - !!null\n'.repeat(50_000)}`;
    const began = performance.now();
    expect(placeOf(text, 'a', 49_999)).toBe('1:1');
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});
