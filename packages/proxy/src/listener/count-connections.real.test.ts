import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:tls';
import { afterEach, expect, it } from '@jest/globals';
import { createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';
import { countConnections } from './count-connections.ts';

let rig: Rig;
afterEach(() => rig.close());

it('counts the open connections of clients by protocol', async () => {
  rig = await createRig((_request, response) => response.end('{}'));
  const { port, server } = await rig.listenSecure();
  const metrics = createMetrics();
  countConnections(server, true, metrics);
  const counts = async () =>
    Object.fromEntries(
      Array.from(
        (await metrics.metrics()).matchAll(/^sallyport_proxy_client_connections{protocol="(.*)"} (\d+)$/gm),
        ([, protocol, count]) => [protocol, Number(count)],
      ),
    );
  expect(await counts()).toEqual({ 'http/1.1': 0, 'http/2': 0 });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const sockets = [1, 2].map(() => connect({ port, host: '127.0.0.1', rejectUnauthorized: false }));
  await Promise.all([once(session, 'connect'), ...sockets.map((one) => once(one, 'secureConnect'))]);
  await until(async () => (await counts())['http/1.1'] === 2);
  expect(await counts()).toEqual({ 'http/1.1': 2, 'http/2': 1 });
  session.destroy();
  sockets[0]!.destroy();
  await until(async () => (await counts())['http/2'] === 0);
  await until(async () => (await counts())['http/1.1'] === 1);
});
