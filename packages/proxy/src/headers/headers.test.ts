import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import fc from 'fast-check';
import { cleanResponseHeaders } from './clean-response-headers.ts';
import { headerTable } from './header-table.ts';
import { readHeaders } from './read-headers.ts';

const host = ['Host', 'gate'];
const codeOf = (raw: string[]) => {
  try {
    readHeaders([...host, ...raw]);
    return 'ok';
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
};

describe('request headers', () => {
  it.each(['Impersonate-User', 'impersonate-uid', 'IMPERSONATE_GROUP', 'Impersonate.Extra.x', 'Impersonate-Future', 'X-Remote-User', 'x_remote_group', 'X-Remote-Extra-Scopes', '_Impersonate-User', '-impersonate-user', 'I-m_personate-user', 'X--Remote-User'])('refuses the identity header %s', (name) => {
    expect(codeOf([name, 'a'])).toBe('forbidden-header');
  });

  it.each([
    [['Connection', 'close, Authorization']], [['Connection', '']], [['Connection', 'close', 'Connection', 'close']], [['Content-Length', '1', 'Content-Length', '1']], [['Content-Length', '+1']],
    [['Content-Length', '1', 'Transfer-Encoding', 'chunked']], [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']], [['Transfer-Encoding', 'gzip, chunked']], [['Host', 'b']], [['Upgrade', 'a', 'Upgrade', 'b']], [['Proxy-Authorization', 'x']],
  ])('refuses %j', (raw) => {
    expect(codeOf(raw)).toBe('bad-request');
  });

  it('keeps repeated lines apart and in order, and leaves what it does not know behind', () => {
    const { forward } = readHeaders([...host, 'X-Stream-Protocol-Version', 'v4', 'X-Own', '1', 'x-stream-protocol-version', 'v5', 'Cookie', 'a']);
    expect(forward).toEqual(['x-stream-protocol-version', 'v4', 'x-stream-protocol-version', 'v5']);
  });

  it('lets nothing through but the allow-list, whatever is sent', () => {
    const name = fc.oneof(fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}$/), fc.constantFrom(...headerTable.keys()));
    fc.assert(fc.property(fc.array(fc.tuple(name, fc.string())), (lines) => {
      try {
        const { forward } = readHeaders([...host, ...lines.flat()]);
        for (let index = 0; index < forward.length; index += 2) expect(['forward', 'websocket']).toContain(headerTable.get(forward[index]!));
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError);
      }
    }));
  });
});

describe('response headers', () => {
  it('lose hop-by-hop lines, those that Connection lists, cookies and what speaks for an origin', () => {
    const kept = cleanResponseHeaders(['Connection', 'close, X-Hop', 'X-Hop', '1', 'Set-Cookie', 'a', 'Clear-Site-Data', '*', 'Service-Worker-Allowed', '/', 'Access-Control-Allow-Origin', '*', 'Transfer-Encoding', 'chunked',
      'Content-Security-Policy', 'default-src *', 'Warning', '1', 'warning', '2', 'Audit-Id', 'x'], 200);
    expect(kept).toEqual(['Warning', '1', 'warning', '2', 'Audit-Id', 'x', 'content-security-policy', 'sandbox', 'x-content-type-options', 'nosniff']);
  });
});
