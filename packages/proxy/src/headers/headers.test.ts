import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import fc from 'fast-check';
import { cleanResponseHeaders, cleanTrailers } from './clean-response-headers.ts';
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
  it.each([
    'Impersonate-User',
    'impersonate-uid',
    'IMPERSONATE_GROUP',
    'Impersonate.Extra.x',
    'Impersonate-Future',
    'X-Remote-User',
    'x_remote_group',
    'X-Remote-Extra-Scopes',
    '_Impersonate-User',
    '-impersonate-user',
    'I-m_personate-user',
    'X--Remote-User',
  ])('refuses the identity header %s', (name) => {
    expect(codeOf([name, 'a'])).toBe('forbidden-header');
  });

  it.each([
    [['Connection', 'close, Authorization']],
    [['Connection', '']],
    [['Connection', 'close', 'Connection', 'close']],
    [['Content-Length', '1', 'Content-Length', '1']],
    [['Content-Length', '+1']],
    [['Content-Length', '1', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Host', 'b']],
    [['Upgrade', 'a', 'Upgrade', 'b']],
    [['Proxy-Authorization', 'x']],
  ])('refuses %j', (raw) => {
    expect(codeOf(raw)).toBe('bad-request');
  });

  it('keeps repeated lines separate and in order, and drops unknown headers', () => {
    const { forward } = readHeaders([
      ...host,
      'X-Stream-Protocol-Version',
      'v4',
      'X-Own',
      '1',
      'x-stream-protocol-version',
      'v5',
      'Cookie',
      'a',
    ]);
    expect(forward).toEqual(['x-stream-protocol-version', 'v4', 'x-stream-protocol-version', 'v5']);
  });

  it('passes only the allow-list, whatever is sent', () => {
    const name = fc.oneof(
      fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,24}$/),
      fc.constantFrom(...headerTable.keys()),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (lines) => {
        try {
          const { forward } = readHeaders([...host, ...lines.flat()]);
          for (let index = 0; index < forward.length; index += 2)
            expect(['forward', 'websocket']).toContain(headerTable.get(forward[index]!));
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
        }
      }),
    );
  });
});

describe('a header of many blanks', () => {
  it.each([
    'Connection',
    'Sec-WebSocket-Protocol',
    'Transfer-Encoding',
    'Expect',
    'Upgrade',
    'Authorization',
    'Content-Length',
    'X-Forwarded-For',
    'Host',
  ])('is read quickly: %s', (name) => {
    const blanks = ' \t'.repeat(31_000);
    const begun = performance.now();
    for (const value of [`a${blanks}b`, `${blanks}a`, `a,${blanks},b${blanks}`]) {
      try {
        readHeaders([...(name === 'Host' ? [] : host), name, value]);
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError);
      }
    }
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('response headers', () => {
  it('lose hop-by-hop headers, those that Connection lists, cookies, and headers about an origin', () => {
    const kept = cleanResponseHeaders(
      [
        'Connection',
        'close, X-Hop',
        'X-Hop',
        '1',
        'Set-Cookie',
        'a',
        'Clear-Site-Data',
        '*',
        'Service-Worker-Allowed',
        '/',
        'Access-Control-Allow-Origin',
        '*',
        'Transfer-Encoding',
        'chunked',
        'Content-Security-Policy',
        'default-src *',
        'Warning',
        '1',
        'warning',
        '2',
        'Audit-Id',
        'x',
      ],
      200,
    );
    expect(kept).toEqual([
      'Warning',
      '1',
      'warning',
      '2',
      'Audit-Id',
      'x',
      'cache-control',
      'private',
      'content-security-policy',
      'sandbox',
      'x-content-type-options',
      'nosniff',
    ]);
  });

  it.each([
    'Refresh',
    'SourceMap',
    'X-SourceMap',
    'Timing-Allow-Origin',
    'Activate-Storage-Access',
    'Attribution-Reporting-Register-Source',
    'Attribution-Reporting-Register-Trigger',
    'Observe-Browsing-Topics',
    'Shared-Storage-Write',
    'Ad-Auction-Signals',
    'Login-Status',
    'Integrity-Policy',
    'Cross-Origin-Opener-Policy-Report-Only',
    'Cross-Origin-Embedder-Policy-Report-Only',
    'Permissions-Policy-Report-Only',
    'Document-Policy',
    'Require-Document-Policy',
    'Feature-Policy',
    'Expect-CT',
    'Public-Key-Pins-Report-Only',
    'Delegate-CH',
    'Accept-CH-Lifetime',
    'Supports-Loading-Mode',
    'X-Permitted-Cross-Domain-Policies',
    'X-DNS-Prefetch-Control',
    'Authentication-Info',
    'Proxy-Authentication-Info',
    'Optional-WWW-Authenticate',
    'Alternate-Protocol',
    'No-Vary-Search',
    'P3P',
    'X-XSS-Protection',
  ])('lose %s, which is about an origin', (name) => {
    expect(
      cleanResponseHeaders([name, 'x', name.toLowerCase(), 'y', 'X-Kept', '1'], 200)
        .filter((_, index) => index % 2 === 0)
        .map((one) => one.toLowerCase()),
    ).not.toContain(name.toLowerCase());
    expect(cleanTrailers([name, 'x', 'X-Kept', '1'])).toEqual([['X-Kept', '1']]);
  });

  it.each([
    'X-Accel-Redirect',
    'X-Accel-Buffering',
    'X-Sendfile',
    'X-Lighttpd-Send-File',
    'X-LiteSpeed-Location',
    'X-LiteSpeed-Cache-Control',
    'X-LiteSpeed-Purge',
    'X-LiteSpeed-Tag',
    'Akamai-Cache-Control',
    'X-Reproxy-URL',
    'Surrogate-Control',
    'Surrogate-Key',
    'CDN-Cache-Control',
    'Cloudflare-CDN-Cache-Control',
    'Edge-Control',
    'Cache-Tag',
    'Netlify-Vary',
  ])('lose %s, which is for a proxy or a cache in front of the gateway', (name) => {
    expect(cleanResponseHeaders([name, '/etc/shadow'], 200).map((one) => one.toLowerCase())).not.toContain(
      name.toLowerCase(),
    );
    expect(cleanTrailers([name, 'x'])).toEqual([]);
  });

  it.each([
    [['no-cache, private'], 'no-cache, private'],
    [['public'], 'private'],
    [['public, max-age=604800, immutable'], 'max-age=604800, immutable, private'],
    [['s-maxage=60'], 'private'],
    [['PUBLIC , S-MaxAge=60,Max-Age=5'], 'Max-Age=5, private'],
    [['no-store'], 'no-store, private'],
    [['must-revalidate, proxy-revalidate, max-age=0'], 'must-revalidate, max-age=0, private'],
    [['private="set-cookie", max-age=9'], 'max-age=9, private'],
    [['no-cache="x, public, y"'], 'no-cache="x, public, y", private'],
    [['no-cache', 'public'], 'no-cache, private'],
    [['x="a, public'], 'private'],
    [[], 'private'],
    [
      ['stale-while-revalidate=1, stale-if-error=2, max-age=1'],
      'stale-while-revalidate=1, stale-if-error=2, max-age=1, private',
    ],
  ])('let no shared cache store what one user got: %j becomes %s', (values, kept) => {
    const lines = cleanResponseHeaders(['X-Kept', '1', ...values.flatMap((value) => ['Cache-Control', value])], 200);
    expect(lines.filter((_, index) => index % 2 === 1 && lines[index - 1]!.toLowerCase() === 'cache-control')).toEqual([
      kept,
    ]);
  });
});
