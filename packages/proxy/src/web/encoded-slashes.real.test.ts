import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allowWeb, appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const target = '/api/v4/projects/group%2Fproject';
const get = (path: string) => rig.raw(webHead('GET', path, ['Connection: close']));
/** What the application has received of a body. */
let received = '';

const start = async (allowEncodedSlashes: boolean) => {
  received = '';
  rig = await createWebRig(
    (request, response) => {
      request
        .on('error', () => {})
        .on('data', (chunk: Buffer) => {
          received += chunk.toString('latin1');
        });
      if (request.url!.endsWith('?endless')) response.write('begin');
      else if (request.method === 'GET') response.end('ok');
    },
    { route: { allowEncodedSlashes } },
  );
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

  it.each([target, '/api/v4/projects/group/project'])(
    'ends a response when policies begin to deny %s',
    async (path) => {
      await start(true);
      const client = rig.dial();
      client.on('error', () => {});
      let text = '';
      client.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      let isOver = false;
      for (const event of ['end', 'close'])
        client.on(event, () => {
          isOver = true;
        });
      client.write(webHead('GET', `${target}?endless`));
      await until(() => text.includes('begin'));
      deny(path);
      rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v' } as never);
      await until(() => isOver);
      expect(rig.events.at(-1)!.data.sallyport.stream).toMatchObject({ reason: 'not-allowed' });
    },
  );

  it.each([target, '/api/v4/projects/group/project'])('ends an upload when policies begin to deny %s', async (path) => {
    await start(true);
    const client = rig.dial();
    client.on('error', () => {});
    client.write(webHead('POST', target, [`Origin: https://${appHost}`, 'Content-Length: 8']));
    client.write('head');
    await until(() => received === 'head');
    deny(path);
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v' } as never);
    client.write('tail');
    await until(() => rig.events.at(-1)?.data.stage === 'ResponseComplete');
    expect(rig.events.at(-1)!.data.responseStatus).toMatchObject({ code: 403 });
    expect(received).toBe('head');
  });

  it('rests on the elevations of both readings', async () => {
    await start(true);
    const elevation = (id: string) => ({ id, name: id, expiresAt: Date.now() + 60_000, breakGlass: false });
    rig.answer = ({ request }) =>
      allowWeb('route', {
        elevations: [elevation('both'), ...(request.path === target ? [] : [elevation('other')])],
      } as never);
    expect(await get(target)).toMatch(/^HTTP\/1.1 200/);
    expect(rig.events.at(-1)!.data.sallyport.elevations).toEqual([
      { id: 'both', name: 'both' },
      { id: 'other', name: 'other' },
    ]);
  });

  it('is judged in both readings too if it is escaped twice, which is a name for most applications', async () => {
    await start(false);
    deny('/admin/x');
    expect(await get('/admin%252fx')).toMatch(/^HTTP\/1.1 403/);
    expect(await get('/job/feature%252Ffix')).toMatch(/^HTTP\/1.1 200/);
    expect(rig.asked.map(({ url }) => url)).toEqual(['/job/feature%252Ffix']);
  });
});
