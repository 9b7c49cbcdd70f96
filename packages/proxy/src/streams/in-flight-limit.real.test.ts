import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allow, type Rig } from '../testing/gateway-rig.ts';
import { drip, startRawExchanges, type ClusterSide, type RawExchanges } from '../testing/raw-exchanges.ts';

const api = '/clusters/dev/api/v1/namespaces/dev';

let rig: Rig;
let cluster: ClusterSide[] = [];
let begin: RawExchanges['begin'];
let dial: RawExchanges['dial'];
let close: RawExchanges['close'];

async function start(...how: Parameters<typeof startRawExchanges>): Promise<void> {
  ({ rig, cluster, begin, dial, close } = await startRawExchanges(...how));
}
afterEach(() => close());

const complete = () =>
  rig.events.filter(({ type, data }) => type === 'k8s.request' && data.stage === 'ResponseComplete');

describe('the limit of requests in flight per user', () => {
  const as =
    (subject: string, id = `ses_${subject}`) =>
    () => ({
      ...allow(),
      session: { id, kind: 'cli' as const, expiresAt: Date.now() + 60_000 },
      identity: { ...allow().identity!, subject },
    });

  it('applies before anything goes upstream, across all sessions, and counts neither finished requests nor streams', async () => {
    await start(drip(), { inFlightPerUser: 3 });
    rig.answer = as('alice', 'ses_1');
    const first = begin('GET', `${api}/pods`);
    const streams = [begin('GET', `${api}/pods?watch=true`), begin('GET', `${api}/pods/web/log?follow=true`)];
    begin('POST', `${api}/pods`, ['Content-Length: 10']).socket.write('begun');
    await until(() => cluster.length === 4 && streams.every((stream) => stream.text() !== ''));
    rig.answer = as('alice', 'ses_2');
    begin('GET', '/clusters/dev/version');
    await until(() => cluster.length === 5);
    const over = begin('DELETE', `${api}/pods/web`);
    await until(() => over.text().includes('}'));
    expect(over.text()).toMatch(/^HTTP\/1\.1 429 /);
    expect(over.text()).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(JSON.parse(over.text().split('\r\n\r\n')[1]!)).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      code: 429,
      message: expect.stringContaining('3 requests'),
    });
    expect(rig.events.at(-1)).toMatchObject({
      type: 'k8s.request',
      data: { stage: 'ResponseComplete', verb: 'delete', responseStatus: { code: 429 } },
    });
    expect(await rig.metrics()).toContain('sallyport_proxy_streams_refused_total{limit="requests"} 1');
    rig.answer = as('bob');
    const other = begin('GET', `${api}/pods`);
    await until(() => other.text().includes('200'));
    first.socket.destroy();
    rig.answer = as('alice', 'ses_2');
    await until(() => complete().length === 2);
    const again = begin('GET', `${api}/pods`);
    await until(() => again.text().includes('200'));
    expect(cluster).toHaveLength(7);
  });

  it('is not used up by refused requests, whatever the refusal', async () => {
    await start((_request, response) => void response.end('{}'), { inFlightPerUser: 2 });
    rig.kafka = 'down';
    for (let count = 0; count < 5; count += 1)
      expect(
        await rig.raw(`DELETE ${api}/pods/web HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`),
      ).toMatch(/^HTTP\/1\.1 503 /);
    rig.kafka = 'up';
    for (let count = 0; count < 5; count += 1)
      expect(await rig.raw(`GET ${api}/pods HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 200 /,
      );
    const socket = dial();
    socket.on('error', () => {}).resume();
    socket.write(`GET ${api}/pods HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`.repeat(2));
    socket.destroy();
    await pause(100);
    expect(await rig.raw(`GET ${api}/pods HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});
