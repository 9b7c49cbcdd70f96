import { expect, it } from '@jest/globals';
import { lackingWords } from './approver-set-progress.ts';

const set = (name: string, lacks: number) => ({ name, approvals: 2, lacks });
const words = (approvalsNeeded: number, approvals: number, ...approverSets: ReturnType<typeof set>[]) =>
  lackingWords({ approvalsNeeded, approvals: Array.from({ length: approvals }), approverSets });

it('says whose approvals are lacking', () => {
  expect(words(2, 1, set('leads', 0), set('security', 1))).toBe('1 of security');
  expect(words(3, 0, set('leads', 2), set('security', 1))).toBe('2 of leads and 1 of security');
  expect(words(3, 0, set('a', 1), set('b', 1), set('c', 1))).toBe('1 of a, 1 of b and 1 of c');
});

it('names the choice that is left by people who belong to several sets', () => {
  expect(words(2, 1, set('leads', 1), set('security', 1))).toBe('1 of leads or security');
  expect(words(4, 2, set('a', 2), set('b', 1), set('c', 0))).toBe('2 of a or b');
});

it('says nothing where there is nothing to say', () => {
  expect(lackingWords({ approvalsNeeded: 2, approvals: [] })).toBe('');
  expect(words(2, 2, set('leads', 0), set('security', 0))).toBe('');
});
