import { afterEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { allow } from '../testing/gateway-rig.ts';
import { allowWeb, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

const token = 'e30.e30.AA';
const bearer = `Authorization: Bearer ${token}`;
let rig: WebRig;
let began: string[];
afterEach(() => rig.close());

/** Starts a gateway that knows no session until one has begun with the token. */
async function start(begin: () => Promise<void> = async () => {}): Promise<void> {
  began = [];
  const workloads = {
    mayBe: (text: string) => text === token,
    begin: (presented: { token: string }) => {
      began.push(presented.token);
      return begin();
    },
    exchange: () => Promise.reject(new Error('not asked for')),
  };
  rig = await createWebRig((_request, response) => void response.end('hello'), { workloads });
  const { decision } = allow();
  rig.answer = () =>
    began.length > 0
      ? allowWeb('workload')
      : { decision: { ...decision, effect: 'authenticate' }, credential: 'unknown' };
}

describe('a workload at a web application', () => {
  it('is known by the token of its platform, which the application does not see', async () => {
    await start();
    expect(await rig.raw(webHead('POST', '/', [bearer, 'Content-Length: 0'], false))).toMatch(/^HTTP\/1.1 200/);
    expect([began, rig.checks.length]).toEqual([[token], 2]);
    expect(rig.asked[0]!.headers.authorization).toBeUndefined();
    expect(rig.events[0]!.data.sallyport).toMatchObject({ credentialKind: 'workload' });
    expect(JSON.stringify(rig.events)).not.toContain(token);
  });

  it('is refused with the token that authenticate refuses, and the application is not asked', async () => {
    await start(() => Promise.reject(new ProblemError('unauthenticated', 'its audience is wrong')));
    const answer = await rig.raw(webHead('GET', '/', [bearer], false));
    expect(answer).toMatch(/^HTTP\/1.1 401/);
    expect(answer).toContain('its audience is wrong');
    expect(rig.asked).toEqual([]);
  });

  it('is refused with another signed token, about which nobody is asked', async () => {
    await start();
    const other = 'Authorization: Bearer e30.e30.BB';
    expect(await rig.raw(webHead('GET', '/', [other], false))).toMatch(/^HTTP\/1.1 401/);
    expect([began, rig.checks, rig.asked]).toEqual([[], [], []]);
  });

  it('does not take the Authorization header of an application from the browser of a person', async () => {
    await start();
    rig.answer = () => allowWeb();
    expect(await rig.raw(webHead('GET', '/', [bearer]))).toMatch(/^HTTP\/1.1 200/);
    expect([began, rig.asked[0]!.headers.authorization]).toEqual([[], `Bearer ${token}`]);
  });
});
