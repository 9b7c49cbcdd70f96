import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileDataPath } from './data-path.ts';

describe('a path into data', () => {
  it('prefers whole keys over nested ones, and the first object over the second', () => {
    expect(compileDataPath('a.b')({ 'a.b': 1, a: { b: 2 } })).toBe(1);
    expect(compileDataPath('a.b')({ a: { b: 2 } }, { 'a.b': 1 })).toBe(1);
    expect(compileDataPath('a.b')({ a: { b: 2 } }, { a: { b: 3, c: 4 } })).toBe(2);
    expect(compileDataPath('a.c')({ a: { b: 2 } }, { a: { b: 3, c: 4 } })).toBe(4);
    expect(compileDataPath('a.c')({ a: [1] }, { a: { c: 4 } })).toBe(undefined);
  });

  it('finds only own members of mappings', () => {
    for (const path of ['', '__proto__', 'a.__proto__', 'constructor', 'a.length', 'a.0', 'toString'])
      expect(compileDataPath(path)({ a: [1], b: 'text' })).toBe(undefined);
    for (const holder of [undefined, null, 5, 'text', [1]])
      expect(compileDataPath('length')(holder, holder)).toBe(undefined);
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), fc.anything(), (path, first, second) => {
        compileDataPath(path)(first, second);
        compileDataPath(path.replaceAll('', '.'))(first, second);
      }),
    );
  });
});
