import { describe, expect, it } from '@jest/globals';
import { readChangeLine, writeChangeLine, type Change } from './change-feed.ts';

const session = { sessionId: 's', issuer: 'i', subject: 'u', at: 1 };
const changes: Change[] = [
  { type: 'hello', policyVersion: 'v' },
  { type: 'policy-changed', policyVersion: 'w' },
  { type: 'session-revoked', ...session },
  { type: 'session-started', ...session },
  { type: 'session-changed', ...session },
  { type: 'streams-requested', question: { id: 'q' } },
  { type: 'reload-requested' },
  { type: 'gap' },
  { type: 'ping' },
];

describe('a line of the change feed', () => {
  it.each(changes)('carries $type, with seq and type first', (change) => {
    const line = writeChangeLine(7, change);
    expect(line.startsWith(`{"seq":7,"type":"${change.type}"`)).toBe(true);
    expect(readChangeLine(line)).toEqual({ seq: 7, change });
  });

  it('may have members that this version does not know', () => {
    expect(readChangeLine('{"seq":1,"type":"gap","since":5}')).toEqual({ seq: 1, change: { type: 'gap' } });
  });

  it('has no change for this version if its type is unknown', () => {
    expect(readChangeLine('{"seq":1,"type":"tomorrow"}')).toEqual({ seq: 1, change: undefined });
  });

  it.each(['{"seq":1,"type":"session-revoked"}', '{"seq":1,"type":"policy-changed","policyVersion":7}'])(
    'counts as a gap if the members of a known type cannot be read: %s',
    (line) => {
      expect(readChangeLine(line)).toEqual({ seq: 1, change: { type: 'gap' } });
    },
  );

  it.each(['', 'no json', '[]', 'null', '7', '{"seq":1}', '{"type":"gap"}', '{"seq":"1","type":"gap"}'])(
    'is not %j',
    (line) => {
      expect(readChangeLine(line)).toBeUndefined();
    },
  );
});
