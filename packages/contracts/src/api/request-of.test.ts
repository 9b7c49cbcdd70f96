import { describe, expect, it } from '@jest/globals';
import { requestOf } from './request-of.ts';

describe('a request of a call', () => {
  it('has its parameters and its query, escaped, and nothing of what is undefined', () => {
    expect(requestOf('GET /clusters', {})).toEqual({ method: 'GET', path: '/.sallyport/api/v1/clusters' });
    expect(
      requestOf('GET /recordings/:id/files/:name', { params: { id: 'a/../b', name: '?' }, query: { by: 'play' } }),
    ).toEqual({ method: 'GET', path: '/.sallyport/api/v1/recordings/a%2F..%2Fb/files/%3F?by=play' });
    expect(requestOf('DELETE /sessions', { query: { user: 'a&all=true', all: undefined } }).path).toBe(
      '/.sallyport/api/v1/sessions?user=a%26all%3Dtrue',
    );
    expect(requestOf('GET /audit', { query: new URLSearchParams([['limit', '1']]) }).path).toBe(
      '/.sallyport/api/v1/audit?limit=1',
    );
  });

  it('needs a value for each parameter', () => {
    // @ts-expect-error The id is missing.
    expect(requestOf('DELETE /streams/:id', {}).path).toContain('undefined');
    // @ts-expect-error There is no such call.
    requestOf('GET /stream', {});
  });
});
