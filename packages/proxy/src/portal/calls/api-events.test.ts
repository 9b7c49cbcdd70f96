import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createHiddenText } from '../../audit/hidden-text.ts';
import { createApiEvents } from './api-events.ts';

function eventOf(method: string, path: string, execCommand: 'clear' | 'hashed' = 'clear'): AuditRecord['data'] {
  const records: AuditRecord[] = [];
  const events = createApiEvents({
    sink: {
      publish: async () => {},
      enqueue: (record) => void records.push(record),
      hasRoom: () => true,
      ping: async () => {},
      close: async () => {},
    },
    now: Date.now,
    hideFor: createHiddenText(execCommand, Buffer.from('k')),
  });
  events.complete({
    request: { method, headers: {} } as IncomingMessage,
    path,
    clientAddress: '10.0.0.9',
    answer: undefined,
    status: 200,
    detail: undefined,
  });
  return records[0]!.data;
}

describe("the event of a call of the gateway's own API", () => {
  it('has the method, and the end of the query after any amount of padding', () => {
    const { requestURI, sallyport } = eventOf(
      'GET',
      `/.sallyport/api/v1/audit?${'pad=x&'.repeat(900)}user=alice%40example.com`,
    );
    expect(requestURI).not.toContain('alice');
    expect(sallyport.request).toMatchObject({ method: 'GET', targetSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(sallyport.request!.query).toMatch(/user=alice%40example\.com$/);
  });

  it('has no token of the gateway', () => {
    expect(JSON.stringify(eventOf('DELETE', `/.sallyport/api/v1/sessions?x=%73pt_${'a'.repeat(43)}`))).not.toContain(
      'aaaa',
    );
  });

  it('shows the command that a search names once, in clear or hashed like that of an exec', () => {
    const path = '/.sallyport/api/v1/audit?command=-psecret&user=a';
    const clear = eventOf('GET', path);
    expect(clear.sallyport.request!.query).toBe('command=-psecret&user=a');
    const hashed = eventOf('GET', path, 'hashed');
    expect(hashed.sallyport.request!.query).toMatch(/^command=hmac-sha256:[\w-]{43}&user=a$/);
    expect(hashed.sallyport.request!.query).not.toContain(
      createHiddenText('hashed', Buffer.from('k'))(hashed.auditID).of('-psecret'),
    );
    for (const { requestURI } of [clear, hashed]) expect(requestURI).toBe('/.sallyport/api/v1/audit?user=a');
  });
});
