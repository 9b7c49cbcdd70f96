import { afterEach, describe, expect, it } from '@jest/globals';
import { allowWeb, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const target = '/api/v4/projects/group%2Fproject';
const get = (path: string) => rig.raw(webHead('GET', path, ['Connection: close']));
const start = async (allowEncodedSlashes: boolean) => {
  rig = await createWebRig((_request, response) => response.end('ok'), { route: { allowEncodedSlashes } });
};

/** Denies one path, as a policy does that has only one of the readings. */
function deny(path: string): void {
  rig.answer = ({ request }) =>
    request.path === path
      ? {
          ...allowWeb(),
          decision: { effect: 'deny', rule: 'route/app[1].deny', reasons: [], policyVersion: 'v' },
          problem: { code: 'forbidden', detail: 'no' },
        }
      : allowWeb();
}

describe('an escaped slash in a path', () => {
  it('is refused unless the route allows it', async () => {
    await start(false);
    expect(await get(target)).toMatch(/^HTTP\/1.1 400/);
    expect([rig.checks, rig.asked]).toEqual([[], []]);
  });

  it('reaches the application as it came, after policies have allowed both readings', async () => {
    await start(true);
    expect(await get(`${target}?path=a%2Fb`)).toMatch(/^HTTP\/1.1 200/);
    expect(rig.checks.map(({ request }) => request.path)).toEqual([target, '/api/v4/projects/group/project']);
    expect(rig.asked.map(({ url }) => url)).toEqual([`${target}?path=a%2Fb`]);
  });

  it.each([target, '/api/v4/projects/group/project'])('is refused if policies deny %s', async (denied) => {
    await start(true);
    deny(denied);
    expect(await get(target)).toMatch(/^HTTP\/1.1 403/);
    expect(rig.asked).toEqual([]);
    expect(rig.events.at(-1)!.data).toMatchObject({
      responseStatus: { code: 403 },
      sallyport: { decision: { effect: 'deny', rule: 'route/app[1].deny' } },
    });
  });

  it('is judged in both readings too if it is escaped twice, which is a name for most applications', async () => {
    await start(false);
    deny('/admin/x');
    expect(await get('/admin%252fx')).toMatch(/^HTTP\/1.1 403/);
    expect(await get('/job/feature%252Ffix')).toMatch(/^HTTP\/1.1 200/);
    expect(rig.asked.map(({ url }) => url)).toEqual(['/job/feature%252Ffix']);
  });
});
