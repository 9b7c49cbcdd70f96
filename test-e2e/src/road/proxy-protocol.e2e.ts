import { writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import {
  describeWith,
  eventually,
  realClusterAccess,
  startCommand,
  startGateway,
  theBed,
  type Gateway,
  type RunningCommand,
} from '../harness/index.ts';

const target = '/clusters/dev/version';

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'haproxy'],
  'a gateway behind HAProxy, which passes TLS through and speaks the PROXY protocol',
  () => {
    let gateway: Gateway;
    let haproxy: RunningCommand;
    let token: string;
    const ports = { v1: 0, v2: 0, none: 0 };

    /** Asks through HAProxy, from an address of this machine. Rejects if the connection is closed. */
    const ask = (port: number, from: string, headers: Record<string, string> = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = httpsRequest(
          {
            host: '127.0.0.1',
            port,
            path: target,
            ca: gateway.caPem,
            localAddress: from,
            agent: false,
            headers: { authorization: `Bearer ${token}`, ...headers },
          },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode!));
          },
        );
        asked.on('error', reject);
        asked.end();
      });
    const eventsFrom = (address: string) =>
      gateway.audit.await(({ type, data }) => type === 'k8s.request' && data.sourceIPs?.[0] === address);

    beforeAll(async () => {
      gateway = await startGateway({
        mode: 'processes',
        clusters: [await realClusterAccess()],
        policy: [{ allow: { and: [{ groups: 'developers' }, { source_ip: '127.0.0.5' }] } }],
      });
      ({ token } = await gateway.login('alice@example.com'));
      gateway.reconfigure((config) => {
        Object.assign(config['gateway'] as object, { proxyProtocol: true, trustedProxies: ['127.0.0.1/32'] });
      });
      await gateway.processes!.restart('proxy');
      const { host } = new URL(gateway.url);
      for (const name of ['v1', 'v2', 'none'] as const) ports[name] = await freePort();
      const file = path.join(gateway.directory, 'haproxy.cfg');
      writeFileSync(
        file,
        `defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen v1
  bind 127.0.0.1:${ports.v1}
  server gateway ${host} send-proxy
listen v2
  bind 127.0.0.1:${ports.v2}
  option httpchk GET /healthz
  timeout check 10s
  default-server inter 500ms rise 1 fall 3
  server gateway ${host} send-proxy-v2 check check-send-proxy check-ssl verify none
listen none
  bind 127.0.0.1:${ports.none}
  server gateway ${host}
`,
      );
      haproxy = startCommand(theBed().programs.haproxy!, ['-f', file, '-db'], { timeoutMs: 120_000 });
      await eventually(
        'an answer through HAProxy',
        async () => (await ask(ports.v1, '127.0.0.5').catch(() => 0)) === 200,
      );
    });
    afterAll(async () => {
      await haproxy?.stop();
      await gateway?.stop();
    });

    it.each(['v1', 'v2'] as const)('decides by the address of the client, and records it (%s)', async (version) => {
      expect(await ask(ports[version], '127.0.0.5')).toBe(200);
      expect(await ask(ports[version], '127.0.0.6')).toBe(403);
      // The client cannot say that it is another, because no proxy in front of it is trusted.
      expect(await ask(ports[version], '127.0.0.7', { 'x-forwarded-for': '127.0.0.5' })).toBe(403);
      for (const from of ['127.0.0.5', '127.0.0.6', '127.0.0.7']) {
        const [event] = await eventsFrom(from);
        expect(event!.data).toMatchObject({ sourceIPs: [from], sallyport: { clientAddress: from } });
      }
    });

    it('answers the health checks of HAProxy, as those of the load balancer itself', async () => {
      // HAProxy passes nothing on to a server whose checks fail.
      await pause(3000);
      await eventually('an answer', async () => (await ask(ports.v2, '127.0.0.5')) === 200);
    });

    it('closes connections of the load balancer without a header, and records them', async () => {
      await expect(ask(ports.none, '127.0.0.5')).rejects.toThrow();
      const [event] = await gateway.audit.await({ type: 'request.unparsable' });
      expect(event!.data).toMatchObject({ responseStatus: { message: 'NO_PROXY_HEADER' }, sourceIPs: ['127.0.0.1'] });
    });
  },
);
