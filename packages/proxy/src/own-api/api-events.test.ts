import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { createApiEvents } from './api-events.ts';

function eventOf(method: string, path: string): AuditRecord['data'] {
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
    producer: 'proxy/test',
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
});
