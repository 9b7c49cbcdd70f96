import { describe, expect, it } from '@jest/globals';
import { createPagesRig } from '../../testing/pages-rig.ts';

const home = '/.sallyport/recordings';
const id = '0198c2f1-6a0b-4d43-9c1e-5a7e2b9f3c10';
const policyOf = ({ headers }: { headers: Record<string, string> }) => headers['content-security-policy']!;
const addressOf = (text: string, end: 'js' | 'css') =>
  new RegExp(`"(/\\.sallyport/app/[^"]+\\.${end})"`).exec(text)![1]!;

describe('the pages of recordings', () => {
  it('load their program from the gateway, and only the player compiles WebAssembly', async () => {
    const { get, events } = createPagesRig();
    const [list, one] = [await get(home).expect(200), await get(`${home}/${id}`).expect(200)];
    expect(list.text).toContain('<div id="recordings">');
    expect(one.text).toContain(`<div id="recordings" data-recording="${id}">`);
    expect(policyOf(list)).toContain("default-src 'none';");
    expect(policyOf(list)).toContain(";script-src 'self';connect-src 'self';");
    expect(policyOf(one)).toContain(";script-src 'self' 'wasm-unsafe-eval';connect-src 'self';");
    for (const page of [list, one]) {
      expect(policyOf(page)).toMatch(/frame-ancestors 'none'/);
      expect(policyOf(page)).not.toContain('unsafe-inline');
      expect(page.headers['cache-control']).toBe('no-store');
    }
    expect(events.map(({ path }) => path)).toEqual([home, `${home}/${id}`]);
  });

  it('send a browser without a session to the login, and it comes back', async () => {
    const { get } = createPagesRig();
    const { headers } = await get(`${home}/${id}`, {}).expect(303);
    expect(headers.location).toBe(`https://gate.example.com/.sallyport/login?return_to=${home}/${id}`);
  });

  it('only read', async () => {
    const { post } = createPagesRig();
    await post(home).expect(405);
    await post(`${home}/${id}`).expect(405);
  });
});

describe('the program of the pages', () => {
  it('is kept by the browser under an address that changes with it', async () => {
    const { get } = createPagesRig();
    const { text } = await get(home);
    const script = await get(addressOf(text, 'js'), {}).expect(200);
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    const style = await get(addressOf(text, 'css'), {}).expect(200);
    expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(style.text).toContain('#recordings .streams');
  });

  it('has no other address', async () => {
    const { get } = createPagesRig();
    await get('/.sallyport/app/recordings.js').expect(404);
    await get('/.sallyport/app/..%2f..%2fpackage.json').expect(400);
  });
});
