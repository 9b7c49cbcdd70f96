import { describe, expect, it } from '@jest/globals';
import { createPagesRig } from '../../testing/pages-rig.ts';

const addressOf = (text: string, end: 'js' | 'css') =>
  new RegExp(`"(/\\.sallyport/app/console-[^"]+\\.${end})"`).exec(text)![1]!;

describe('the console', () => {
  it('is one page at every view, which nothing may frame and nothing may keep', async () => {
    const { get, events } = createPagesRig();
    const [one, other] = [await get('/console').expect(200), await get('/console/trail/abc-1?user=x').expect(200)];
    expect(other.text).toBe(one.text);
    expect(one.text).toContain('<div id="console" data-gateway="https://gate.example.com"></div>');
    expect(one.headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'x-frame-options': 'DENY',
    });
    const policy = one.headers['content-security-policy']!;
    for (const part of ["default-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'", "script-src 'self'"])
      expect(policy.split(';')).toContain(part);
    expect(policy).not.toMatch(/unsafe|sha256/);
    expect(events.map(({ path }) => path)).toEqual(['/console', '/console/trail/abc-1?user=x']);
  });

  it('loads its program and style from addresses that change with them', async () => {
    const { get } = createPagesRig();
    const { text } = await get('/console');
    for (const end of ['js', 'css'] as const) {
      const { headers } = await get(addressOf(text, end), {}).expect(200);
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
    expect((await get(addressOf(text, 'css'), {})).text).toMatch(/^:root\{color-scheme:light dark;--paper:/);
    await get('/.sallyport/app/console.js').expect(404);
  });

  it('sends a browser without a session to the login, and it comes back to the same state', async () => {
    const { get } = createPagesRig();
    const back = async (address: string) => {
      const { headers } = await get(address, {}).expect(303);
      const { origin, pathname, searchParams } = new URL(headers.location!);
      expect([origin, pathname]).toEqual(['https://gate.example.com', '/.sallyport/login']);
      return searchParams.get('return_to');
    };
    const deep = '/console/trail?user=a%40example.com&since=2026-01-02T00%3A00%3A00.000Z';
    expect(await back('/console')).toBe('/console');
    expect(await back(deep)).toBe(deep);
    // What a login would refuse is left out.
    expect(await back('/console/trail?user=!')).toBe('/console/trail');
    expect(await back(`/console/trail?user=${'x'.repeat(2000)}`)).toBe('/console/trail');
  });

  it('is read only, and at plain addresses only', async () => {
    const { get, post } = createPagesRig();
    await post('/console').expect(405);
    await post('/console/trail').expect(405);
    for (const address of ['/console/', '/console//evil.example', '/console/%2e%2e', '/console/a.b'])
      await get(address).expect(400);
  });
});
