import { describe, expect, it } from '@jest/globals';
import { readPeopleMap } from './read-people-map.ts';

const faultsOf = (text: string) => {
  const read = readPeopleMap(text, 10_000);
  return 'faults' in read
    ? read.faults.map(({ path: at, message, line, column }) => `${line ?? '-'}:${column ?? '-'} ${at}: ${message}`)
    : [];
};

describe('a file of people and groups', () => {
  it.each([
    ['a list', '- a\n', '-:- : expected object'],
    ['an unknown section', 'poeple: {}\n', '1:1 poeple: unknown field'],
    ['a string for a list', 'people:\n  alice: sre\n', '2:3 people.alice: expected array'],
    ['a number for a name', 'groups:\n  sre: [7]\n', '2:9 groups.sre.0: expected string'],
    ['spaces around a name', 'groups:\n  sre: [" a"]\n', '2:9 groups.sre.0: is not a usable name'],
    ['an empty name', 'people:\n  "": [a]\n', '2:3 people.: is not a usable name'],
    ['the same person twice', 'people:\n  a: [x]\n  a: [y]\n', '3:3 : duplicate key'],
    ['text that is not YAML', 'people: {', '1:10 : '],
    ['a prototype', 'people: {__proto__: [a]}\n', 'the key __proto__ is not allowed'],
    ['an alias of itself', 'people: &a {x: *a}\n', 'contains itself'],
  ])('is rejected with %s, naming the place', (_what, text, fault) => {
    expect(faultsOf(text).join('\n')).toContain(fault);
  });

  it('may be empty', () => {
    expect(faultsOf('')).toEqual([]);
    expect(faultsOf('people: {}\n')).toEqual([]);
  });
});
