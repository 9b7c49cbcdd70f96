import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { auditEventSchema } from '@sallyport/contracts';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const send = (method: string, path: string, lines: string[] = ['Connection: close']) =>
  rig.raw(
    `${method} /clusters/dev${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
  );
const first = () => auditEventSchema.parse(rig.events[0]!.data);

let rig: Rig;
beforeEach(async () => {
  rig = await createRig((_request, response) => void response.end('{}'));
});
afterEach(() => rig.close());

describe('a request that pads its target', () => {
  it('cannot keep its selectors out of its event', async () => {
    await send(
      'GET',
      `/api/v1/secrets?${'pad=x&'.repeat(900)}labelSelector=app%3Dvault&fieldSelector=metadata.namespace%3Dprod`,
    );
    expect(first().requestURI).not.toContain('vault');
    expect(first().sallyport.request).toMatchObject({
      method: 'GET',
      labelSelector: 'app=vault',
      fieldSelector: 'metadata.namespace=prod',
      targetLength: expect.any(Number),
      targetSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('cannot hide what it asks of a proxied service or node', async () => {
    await send('POST', `/api/v1/nodes/n/proxy/run/prod/web/c?${'pad=x&'.repeat(900)}cmd=cat%20/etc/shadow`, [
      'Content-Length: 0',
      'Connection: close',
    ]);
    expect(first().requestURI).not.toContain('shadow');
    expect(first().sallyport).toMatchObject({
      request: { method: 'POST', proxyPath: '/run/prod/web/c' },
      exec: { container: 'c', command: ['cat', '/etc/shadow'] },
    });
    expect(first().sallyport.request!.query).toHaveLength(900 * 6 - 1);
  });

  it('is accepted with a long script, and its event contains all of it', async () => {
    const script = 'x'.repeat(60_000);
    expect(
      await send('POST', `/api/v1/namespaces/dev/services/web/proxy/a?script=${script}`, [
        'Content-Length: 0',
        'Connection: close',
      ]),
    ).toMatch(/^HTTP\/1.1 200 /);
    expect(first().sallyport.request!.query).toBe(`script=${script}`);
  });

  it.each([
    ['POST', `/api/v1/namespaces/dev/pods/web/attach?container=c&command=${'%1b'.repeat(21_000)}`],
    [
      'DELETE',
      `/api/v1/namespaces/dev/pods?labelSelector=${'%1b'.repeat(10_000)}&fieldSelector=${'%1b'.repeat(10_000)}`,
    ],
    ['POST', `/api/v1/nodes/n/proxy/run/a/b/c?cmd=${'%01+'.repeat(15_000)}`],
    ['PUT', `/api/v1/namespaces/dev/services/web/proxy/${'%22/'.repeat(15_000)}`],
    ['GET', `/api/v1/secrets?a=${'"'.repeat(63_000)}`],
  ])('fits the million bytes of a Kafka message, whatever it contains (%s)', async (method, path) => {
    await send(method, path, ['Content-Length: 0', 'Connection: close']);
    expect(rig.events.length).toBeGreaterThan(0);
    for (const record of rig.events) expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(500_000);
  });

  it('is refused if it writes and its event cannot contain all of it', async () => {
    const answer = await send('DELETE', `/api/v1/namespaces/dev/pods?labelSelector=${'%1b'.repeat(20_000)}`);
    expect(answer).toMatch(/^HTTP\/1.1 414 /);
    expect(answer).toContain('uri-too-long');
    expect(rig.seen).toEqual([]);
    expect(rig.events.map(({ data }) => [data.stage, data.responseStatus?.code])).toEqual([['ResponseComplete', 414]]);
    expect(await send('GET', `/api/v1/namespaces/dev/pods?labelSelector=${'%1b'.repeat(20_000)}`)).toMatch(
      /^HTTP\/1.1 200 /,
    );
  });
});

describe('the event of a request', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('contains its method: %s', async (method) => {
    await send(method, '/api/v1/namespaces/dev/pods/web', ['Content-Length: 0', 'Connection: close']);
    expect(rig.events.length).toBeGreaterThan(0);
    for (const { data } of rig.events) expect(data.sallyport.request?.method).toBe(method);
  });

  it('contains the ports of a port-forward through a node, the verb of the API server and the verb of policy', async () => {
    await send('GET', '/api/v1/nodes/n/proxy/portForward/prod/web?port=5432');
    expect(first()).toMatchObject({
      verb: 'get',
      sallyport: {
        policyVerb: 'get',
        policyVerbs: ['get', 'create'],
        request: { proxyPath: '/portForward/prod/web' },
        portForward: { ports: [{ port: 5432 }] },
      },
    });
  });
});

describe('the command for a kubelet', () => {
  const node = '/api/v1/nodes/n/proxy';

  it.each(['run/prod/web/c?cmd=ls', 'exec/prod/web/c?command=ls', 'attach/prod/web/c', 'portForward/prod/web'])(
    'must not be in a body, where older kubelets look first and no event shows it: %s',
    async (path) => {
      for (const framing of [['Content-Length: 19'], ['Transfer-Encoding: chunked']]) {
        expect(
          await send('POST', `${node}/${path}`, [
            'Content-Type: application/x-www-form-urlencoded',
            ...framing,
            'Connection: close',
            '',
            framing[0]!.startsWith('T') ? '13\r\ncmd=cat+/etc/shadow\r\n0\r\n' : 'cmd=cat+/etc/shadow',
          ]),
        ).toMatch(/^HTTP\/1.1 400 /);
      }
      expect(rig.seen).toEqual([]);
    },
  );

  it('is forwarded without a body, and so is a body for an address that runs nothing', async () => {
    expect(await send('POST', `${node}/run/prod/web/c?cmd=ls`, ['Content-Length: 0', 'Connection: close'])).toMatch(
      /^HTTP\/1.1 200 /,
    );
    expect(
      await send('POST', '/api/v1/namespaces/dev/services/web/proxy/run/a/b/c', [
        'Content-Length: 2',
        'Connection: close',
        '',
        '{}',
      ]),
    ).toMatch(/^HTTP\/1.1 200 /);
  });
});
