import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { OutboundFetch } from '@sallyport/kit';
import { createAccessToken } from './access-token.ts';
import { allLinkedPages } from './all-pages.ts';
import { createAnswerCache, createApiClient } from './create-api-client.ts';
import { waitBeforeRetry } from './create-requester.ts';

const url = 'https://api.example.com';
const requests: string[] = [];
const client = (
  answer: (address: string, tag: string | undefined) => Response | Promise<Response>,
  patience?: { tries: number; maxWaitMs: number },
) => {
  requests.length = 0;
  const waits: number[] = [];
  const fetch: OutboundFetch = async (address, { headers }) => {
    requests.push(
      `${address.slice(url.length)}${headers['if-none-match'] === undefined ? '' : ` ${headers['if-none-match']}`}`,
    );
    return answer(address, headers['if-none-match']);
  };
  const api = createApiClient({
    fetch,
    url,
    headers: async () => ({ authorization: 'Bearer secret' }),
    now: () => 1_000_000,
    sleep: async (ms) => void waits.push(ms),
    ...(patience ? { patience } : {}),
  });
  return { api, waits };
};
const json = (body: unknown, headers: Record<string, string> = {}, status = 200) =>
  new Response(JSON.stringify(body), { status, headers });
const next = (path: string) => ({ link: `<${url}${path}>; rel="next"` });

describe('an API', () => {
  it('is requested only below its base address', async () => {
    const { api } = client(() => json([]));
    for (const address of [
      'https://evil.example/x',
      `${url}.evil.example/x`,
      `${url}/../x`,
      `${url}@evil.example/x`,
      `${url}\\evil`,
      'http://api.example.com/x',
      '/x',
      `${url}`,
    ])
      await expect(api.get(address)).rejects.toThrow('not part of this API');
    expect(requests).toEqual([]);
    await expect(api.get(`${url}/x`)).resolves.toMatchObject({ body: [] });
  });

  it('does not send an unchanged list again, except for pages that are full or have a successor', async () => {
    let more = false;
    const tagged = (address: string, tag: string | undefined) => {
      const page = address.includes('after') ? ['c'] : ['a', 'b'];
      const etag = `"${page.join('')}"`;
      const headers = {
        etag,
        ...(address.includes('limit=2') && !address.includes('after') && more ? next('/list?limit=2&after=b') : {}),
      };
      // Without a Link header: the tag covers the body alone.
      return tag === etag ? new Response(null, { status: 304, headers: { etag } }) : json(page, headers);
    };
    const { api } = client(tagged);
    const list = (size: number) => allLinkedPages(api, `${url}/list?limit=${size}`, z.string());
    expect([await list(5), await list(5)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(requests).toEqual(['/list?limit=5', '/list?limit=5 "ab"']);
    expect(await list(2)).toEqual(['a', 'b']);
    more = true;
    expect(await list(2)).toEqual(['a', 'b', 'c']);
    expect(await list(2)).toEqual(['a', 'b', 'c']);
    expect(requests.slice(-2)).toEqual(['/list?limit=2', '/list?limit=2&after=b "c"']);
  });

  it('may answer 304 only to a request with an entity tag', async () => {
    await expect(client(() => new Response(null, { status: 304 })).api.get(`${url}/x`)).rejects.toThrow(
      'had no entity tag',
    );
  });

  it('is retried a few times while it is down, with growing pauses', async () => {
    let failures = 3;
    const { api, waits } = client(() => {
      failures -= 1;
      if (failures === 1) throw new TypeError('network');
      return failures >= 0 ? json({}, {}, 503) : json({ fine: true });
    });
    expect(await api.get(`${url}/x`)).toMatchObject({ body: { fine: true } });
    expect(waits).toEqual([500, 1000, 2000]);
    const down = client(() => json({}, {}, 500));
    await expect(down.api.get(`${url}/x`)).rejects.toMatchObject({
      name: 'ApiFailure',
      status: 500,
      message: '/x answered with status 500',
    });
    expect(down.waits).toHaveLength(4);
    const impatient = client(() => json({}, { 'retry-after': '60' }, 429), { tries: 3, maxWaitMs: 2000 });
    await expect(impatient.api.post(`${url}/x`, {})).rejects.toMatchObject({ status: 429 });
    expect(impatient.waits).toEqual([]);
  });

  it.each<[string, number, Record<string, string>, string, number | undefined]>([
    ['Okta', 429, { 'x-rate-limit-reset': '1020' }, '', 20_000],
    ['GitHub', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1030' }, '', 30_000],
    ['GitHub a second time', 403, { 'retry-after': '7' }, '', 7000],
    ['Google', 403, {}, '{"error":{"errors":[{"reason":"userRateLimitExceeded"}]}}', 500],
    ['any API', 429, {}, '', 500],
    ['any API with a time in the past', 429, { 'x-rate-limit-reset': '10' }, '', 1000],
    ['no API: access is denied', 403, {}, '{"error":"forbidden"}', undefined],
    ['no API: not found', 404, {}, '', undefined],
    ['a server that is down', 502, {}, '', 500],
  ])('is retried after the wait stated by %s', (_who, status, headers, reason, wait) => {
    expect(waitBeforeRetry({ status, headers: new Headers(headers) }, { tries: 0, now: 1_000_000, reason })).toBe(wait);
  });

  it('caches answers up to a limit', () => {
    const cache = createAnswerCache({ answers: 3, characters: 10 });
    for (const [address, text] of [
      ['a', 'xx'],
      ['b', 'xx'],
      ['c', 'xx'],
      ['d', 'xx'],
    ] as const)
      cache.set(address, { etag: 'e', text, link: null });
    expect(['a', 'b', 'c', 'd'].map((address) => cache.get(address) !== undefined)).toEqual([false, true, true, true]);
    cache.set('e', { etag: 'e', text: 'x'.repeat(9), link: null });
    expect(cache.size).toBe(1);
    cache.set('f', { etag: 'e', text: 'x'.repeat(11), link: null });
    expect(cache.size).toBe(0);
  });
});

describe('an access token', () => {
  it('is requested once by concurrent callers, again shortly before it expires, and not cached after a failure', async () => {
    let [now, given] = [0, 0];
    let status = 500;
    const token = createAccessToken({
      url: 'https://t.example/token',
      now: () => now,
      form: async () => ({ grant_type: 'x' }),
      fetch: async () => json({ access_token: `t${++given}`, expires_in: '3600' }, {}, status),
    });
    await expect(token()).rejects.toMatchObject({ status: 500 });
    status = 200;
    expect(await Promise.all([token(), token(), token()])).toEqual(['t2', 't2', 't2']);
    now = 3_539_000;
    expect(await token()).toBe('t2');
    now = 3_541_000;
    expect(await token()).toBe('t3');
  });
});
