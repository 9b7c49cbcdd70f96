import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  clusterEvents,
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  startGateway,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';
import { balance, startApiServers, type ApiServers } from './api-servers.ts';
import { createCountedRequests, type CountedRequests, type Sent } from './counted-requests.ts';

const none = { twice: 0, refused: 0 };
/** Every request arrived once, and no open watch was cut. At most one watch in 100 may be refused twice, with 429. */
const unharmed = { watch: { twice: 0 }, read: none, write: none, cut: 0 };

/** Waits until open watches go on to receive events. */
const goOn = (open: readonly Sent[]) => {
  const before = open.map(({ events }) => events);
  return eventually('events', () => open.every(({ events }, index) => events > before[index]!));
};

describe('three API servers of HTTP/2 behind a load balancer', () => {
  let servers: ApiServers;
  let gateway: Gateway;
  let requests: CountedRequests;
  beforeEach(async () => {
    servers = await startApiServers(3);
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [{ ...servers.access, impersonate: { groups: ['developers'] } }],
      more: { timeouts: { firstByte: '5s' } },
    });
    requests = await createCountedRequests(gateway, 'dev');
  });
  afterEach(async () => {
    requests?.close();
    await gateway?.stop();
    servers?.stop();
  });
  const count = (title: string, open: readonly Sent[]) => requests.count(title, open, () => servers.arrivals);

  it.each<[string, (which: number) => void]>([
    ['send GOAWAY', (which) => servers.tell('goaway', which)],
    ['refuse a stream now and then', (which) => servers.tell('refuse', which, 1)],
  ])('that %s take every request once, and open watches go on', async (title, fault) => {
    const open = await requests.openSome();
    expect(open.every(({ id }) => servers.arrivals(id).http2)).toBe(true);
    const listed = await gateway.request('/.sallyport/api/v1/clusters', { token: requests.token });
    expect(listed.json()).toMatchObject({ clusters: [{ name: 'dev', watches: 'HTTP/2' }] });
    // No two servers refuse at a time, because a watch is sent again only once.
    const faults = [0, 1, 2, 0, 1, 2].flatMap((which) => [() => fault(which), () => servers.tell('refuse', which, 0)]);
    await requests.during(faults);
    await goOn(open);
    const counts = await count(title, open);
    expect(counts).toMatchObject(unharmed);
    expect(counts.watch.refused).toBeLessThanOrEqual(counts.watch.sent / 100);
    for (const which of [0, 1, 2]) servers.tell('end', which);
    await eventually('watches to end', () => open.every(({ ended }) => ended));
    expect(open.every(({ complete }) => complete)).toBe(true);
  });

  it('that refuse all streams get a watch no more than twice, and its client gets 429', async () => {
    for (const which of [0, 1, 2]) servers.tell('refuse', which, 1000);
    const { id, status } = await requests.send('watch');
    expect([status, servers.arrivals(id)]).toEqual([429, { took: 0, refused: 2, http2: false }]);
  });

  it.each<[string, (which: number) => void]>([
    ['reset watches', (which) => servers.tell('reset', which)],
    ['send GOAWAY with an error', (which) => servers.tell('goawayWithError', which)],
    ['are killed (all but one)', (which) => servers.signal(which, 'SIGKILL')],
  ])('that %s lose watches, which do not look complete', async (title, fault) => {
    const open = await requests.openSome();
    await requests.during([0, 1].map((which) => () => fault(which)));
    await eventually('watches to be cut', () => open.filter(({ ended }) => ended).length > 10);
    await count(title, open);
    expect([(await requests.send('watch')).status, (await requests.send('write')).status]).toEqual([200, 201]);
  });

  it('of which one stops to respond are given up, and take no request twice when it goes on', async () => {
    const open = await requests.openSome();
    await requests.during([
      () => servers.signal(0, 'SIGSTOP'),
      () => eventually('a watch to be cut', () => open.some(({ ended }) => ended), 240_000),
      () => servers.signal(0, 'SIGCONT'),
    ]);
    expect(await count('stop to respond', open)).toMatchObject({ watch: { twice: 0 }, read: { twice: 0 } });
    expect((await requests.send('watch')).status).toBe(200);
  });
});

describeWith(['cluster', 'kubectl'], 'a kube-apiserver that sends GOAWAY now and then', () => {
  let balancer: Awaited<ReturnType<typeof balance>>;
  let gateway: Gateway;
  let namespace: TestNamespace;
  let requests: CountedRequests;
  beforeAll(async () => {
    namespace = await createNamespace();
    const access = await realClusterAccess();
    balancer = await balance([Number(new URL(access['server'] as string).port)]);
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [{ ...access, server: `https://127.0.0.1:${balancer.port}` }],
    });
    requests = await createCountedRequests(gateway, namespace.name);
  });
  afterAll(async () => {
    requests?.close();
    await gateway?.stop();
    balancer?.close();
    await namespace?.remove();
  });

  /** Returns how often each request is in the log of the cluster. */
  const arrivals = () => {
    const numbers = clusterEvents()
      .filter(({ stage, requestURI }) => stage === 'RequestReceived' && requestURI.includes(`/${namespace.name}/`))
      .map(({ requestURI }) => Number(/fieldManager=(\d+)$/.exec(requestURI)?.[1]));
    const took = Map.groupBy(numbers, (number) => number);
    return (id: number) => ({ took: took.get(id)?.length ?? 0, refused: 0, http2: true });
  };

  it('takes every request once, and open watches go on', async () => {
    const open = await requests.openSome();
    const before = balancer.shared();
    // They have three connections, and there are four at most without GOAWAY.
    const isRepeated = () => balancer.shared() > before + 4;
    await requests.during([() => eventually('new connections after GOAWAY', isRepeated, 240_000)]);
    await Promise.all([goOn(open), requests.send('write')]);
    expect(await requests.count('kube-apiserver', open, arrivals)).toMatchObject({ ...unharmed, watch: none });
  });
});
