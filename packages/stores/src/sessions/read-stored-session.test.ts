import { describe, expect, it } from '@jest/globals';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import { exampleSession } from '../testing/example-session.ts';

const now = 1_800_000_000_000;
const text = JSON.stringify(exampleSession(now));

describe('sessions read from Redis', () => {
  it('are the same object for the same text, and different objects for different texts', () => {
    const read = createReadSession();
    const changed = JSON.stringify({ ...exampleSession(now), id: 'another' });
    expect(read(text)).toBe(read(text));
    expect(read(changed)).not.toBe(read(text));
    expect(read(changed)?.id).toBe('another');
  });

  it('cannot be changed by callers, which share them', () => {
    const session = createReadSession()(text)!;
    expect(() => session.identity.groups.push('admins')).toThrow(TypeError);
    expect(() => {
      session.expiresAt += 1;
    }).toThrow(TypeError);
  });

  it('end and can be revoked, even if their text is cached', () => {
    const read = createReadSession();
    expect(readStoredSession([text, String(now + 1), null], now, read).state).toBe('live');
    expect(readStoredSession([text, String(now), null], now, read).state).toBe('unknown');
    expect(readStoredSession([text, String(now + 1), '{"id":"x"}'], now, read).state).toBe('revoked');
    expect(readStoredSession([null, String(now + 1), null], now, read).state).toBe('unknown');
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"version":1}',
    '{"version":1,"id":"a","expiresAt":9e15,"idleMs":1,"identity":null}',
  ])('are unknown if the text is %j', (bad) => {
    expect(readStoredSession([bad, String(now + 1), null], now, createReadSession()).state).toBe('unknown');
  });
});
