import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLoggerRig } from '../testing/authorize-rig.ts';
import { createOnCallList, type OnCallList } from './on-call-list.ts';

let list: OnCallList;
let updates: boolean[];
let rig: ReturnType<typeof createLoggerRig>;
const start = Date.parse('2026-11-01T08:00:00Z');
beforeEach(() => {
  jest.useFakeTimers({ now: start });
  updates = [];
  rig = createLoggerRig();
  const onUpdate = ({ changed }: { changed: boolean }) => void updates.push(changed);
  list = createOnCallList('primary', { onUpdate, logger: rig.logger, now: Date.now });
});
afterEach(() => {
  list.close();
  jest.useRealTimers();
});
const alice = [{ user: 'alice@example.com' }];
const said = () => rig.lines.map(({ level, msg }) => `${String(level)}: ${String(msg)}`);

describe('an on-call list', () => {
  it('is not known before it is read', () => {
    expect(list.input()).toBeUndefined();
    expect(list.status()).toEqual({ name: 'primary', known: false, users: 0 });
  });

  it('tells when others are on call, and not when it is read again', () => {
    list.take(alice);
    list.take([...alice]);
    list.take([{ ...alice[0]!, until: 5 }]);
    list.take([]);
    expect(updates).toEqual([true, false, true, true]);
    expect(list.input()).toEqual({ users: [] });
  });

  it('that is the same keeps its index, with a later end', () => {
    list.take(alice, start + 1000);
    const { users } = list.input()!;
    list.take([...alice], start + 2000);
    expect(list.input()!.users).toBe(users);
    expect(list.input()!.knownUntil).toBe(start + 2000);
  });

  it('counts while it cannot be read, until it is too old, and says so once each', () => {
    list.take(alice, start + 10_000);
    jest.advanceTimersByTime(5000);
    list.fail('it answered 503');
    list.fail('it answered 503');
    expect(list.status()).toMatchObject({ known: true, failing: { at: start + 5000, reason: 'it answered 503' } });
    expect(updates).toEqual([true, false]);
    jest.advanceTimersByTime(5000);
    expect(list.status()).toMatchObject({ known: false, users: 1, at: start });
    expect(updates).toEqual([true, false, true]);
    list.fail('it answered 503');
    expect(said().slice(1)).toEqual([
      expect.stringContaining('the previous one counts for now'),
      expect.stringContaining('an on-call list is too old: no one counts as on call'),
    ]);
    list.take(alice, start + 60_000);
    expect(updates.at(-1)).toBe(true);
    expect(list.status()).toEqual({ name: 'primary', known: true, users: 1, at: start + 10_000 });
    expect(said()).toContainEqual(expect.stringContaining('can be read again'));
  });

  it('does not expire while it is read in time', () => {
    for (let at = 0; at < 10; at += 1) {
      list.take(alice, Date.now() + 1500);
      jest.advanceTimersByTime(1000);
    }
    expect(list.status().known).toBe(true);
    expect(updates.filter(Boolean)).toHaveLength(1);
  });

  it('of a file never expires', () => {
    list.take(alice);
    jest.advanceTimersByTime(10 ** 9);
    list.fail('line 1: cannot be read');
    expect(list.status()).toMatchObject({ known: true });
    expect(list.input()).toEqual({ users: alice });
  });
});
