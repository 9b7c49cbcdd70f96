import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const send = (method: string, path: string, lines: string[] = []) =>
  rig.raw(
    `${method} /clusters/dev${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: 0\r\nConnection: close\r\n\r\n`,
  );
const aggregated = '/apis/example.com/v1';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig((_request, response) => void response.end('{}'));
});
afterEach(() => rig.close());

describe('a path that names the verb', () => {
  it.each(
    ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].flatMap(
      (method) =>
        [
          [method, `${aggregated}/watch/widgets`],
          [method, `${aggregated}/watch/namespaces/dev/widgets/w`],
          [method, '/api/v1/watch/pods'],
          [method, `${aggregated}/proxy/widgets/w`],
          [method, '/api/v1/proxy/nodes/n/run/dev/web/c'],
        ] as [string, string][],
    ),
  )('does not accept %s: %s', async (method, path) => {
    expect(await send(method, path)).toMatch(/^HTTP\/1.1 405 /);
    expect(rig.seen).toEqual([]);
    expect(rig.checks).toEqual([]);
    expect(rig.events.at(-1)!.data).toMatchObject({ responseStatus: { code: 405 } });
  });

  it('does not accept an upgrade by POST', async () => {
    expect(
      await send('POST', '/api/v1/proxy/nodes/n/portForward/dev/web', ['Upgrade: SPDY/3.1', 'Connection: Upgrade']),
    ).toMatch(/^HTTP\/1.1 4/);
    expect(rig.seen).toEqual([]);
  });

  it.each(['GET', 'HEAD'])('accepts %s', async (method) => {
    expect(await send(method, '/api/v1/watch/pods')).toMatch(/^HTTP\/1.1 200 /);
    expect(rig.checks[0]!.kubernetes).toMatchObject({ verb: 'watch' });
  });

  it('is not one if the word is a name', async () => {
    expect(await send('POST', `${aggregated}/namespaces/watch/widgets`)).toMatch(/^HTTP\/1.1 200 /);
    expect(rig.checks[0]!.kubernetes).toMatchObject({ verb: 'create', namespace: 'watch' });
  });
});
