import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { quantile, startSteadyLoad, type SteadyLoad } from '@sallyport/bed';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  theBed,
  type Gateway,
  type Login,
  type TestNamespace,
} from '../harness/index.ts';
import { openWatchesApart, type WatchesApart } from './open-watches-apart.ts';
import { openWatches, type OpenWatches } from './open-watches.ts';
import { processUsage } from './process-usage.ts';

/** A stream ends within a second of the loss of its permission. A busy machine gets three. */
const inTime = 3 * 1000;
/** How many watches are open, of which a quarter is cut. */
const all = Number(process.env['SALLYPORT_OPEN_WATCHES'] ?? 2000);
/** How many of them share a connection of HTTP/2. With one, they use HTTP/1.1. */
const perConnection = Number(process.env['SALLYPORT_WATCHES_PER_CONNECTION'] ?? 1);
const cut = all / 4;
const many = all - cut;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], `${all} open watches`, () => {
  let gateway: Gateway;
  let namespace: TestNamespace;
  let load: SteadyLoad;
  let stay: OpenWatches;
  let gone: WatchesApart | undefined;
  let bob: Login;
  let watchUrl: string;
  let rssMiBAtStart: number;
  beforeAll(async () => {
    namespace = await createNamespace();
    await theBed().cluster!.admin.apply(roleBinding(namespace.name, 'sre', 'edit'));
    await theBed().cluster!.admin.kubectl(['create', 'configmap', 'settings', '-n', namespace.name]);
    gateway = await startGateway({
      http2: true,
      mode: 'processes',
      clusters: [await realClusterAccess()],
      more: { streams: { perUser: 2 * many, perCluster: 2 * all } },
    });
    bob = await gateway.login('bob@example.com');
    rssMiBAtStart = processUsage(gateway.processes!.pid('proxy')!).rssMiB;
    const at = `${gateway.clusterUrl()}/api/v1/namespaces/${namespace.name}/configmaps`;
    watchUrl = `${at}?watch=1&fieldSelector=metadata.name%3Dsettings`;
    const opening = performance.now();
    stay = await openWatches(watchUrl, { ca: gateway.caPem, token: bob.token, count: many, perConnection });
    process.stderr.write(
      `measured: ${many} watches opened in ${((performance.now() - opening) / 1000).toFixed(1)} s\n`,
    );
    load = startSteadyLoad(`${at}/settings`, { ca: gateway.caPem, token: bob.token, perSecond: 200 });
  });
  afterAll(async () => {
    load?.stop();
    stay?.close();
    gone?.close();
    await gateway?.stop();
    await namespace?.remove();
  });

  const show = (what: string, ascending: readonly number[]) =>
    process.stderr.write(
      `measured: ${what}: n ${ascending.length}, p50 ${quantile(ascending, 0.5).toFixed(1)} ms, p99 ${quantile(ascending, 0.99).toFixed(1)} ms, last ${ascending.at(-1)?.toFixed(1)} ms\n`,
    );

  it(`end within a second if ${cut} of them lose their permission at once, while the others and plain requests continue`, async () => {
    const alice = await gateway.login('alice@example.com');
    gone = await openWatchesApart(watchUrl, { ca: gateway.caPem, token: alice.token, count: cut, perConnection });
    load.take();
    const proxy = gateway.processes!.pid('proxy')!;
    const idle = processUsage(proxy);
    await pause(5000);
    const before = load.take();
    const { cpuSeconds, rssMiB, descriptors } = processUsage(proxy);
    process.stderr.write(
      `measured: the proxy with ${all} watches and 200 requests/s: ${rssMiB} MiB (${rssMiBAtStart} without), ` +
        `${descriptors} descriptors, ${(cpuSeconds - idle.cpuSeconds).toFixed(2)} CPU-s in 5 s\n`,
    );
    const from = Date.now();
    const busyBefore = processUsage(proxy).cpuSeconds;
    expect(
      (await gateway.request(`/.sallyport/api/v1/sessions/${alice.sessionId}`, { token: bob.token, method: 'DELETE' }))
        .status,
    ).toBe(204);
    let over = 0;
    await eventually(
      'all of them to end',
      async () => (over = await gone!.count()) === cut,
      15_000,
      () => `(${over} have)`,
    );
    const ended = await gone.ended();
    process.stderr.write(
      `measured: the proxy took ${(processUsage(proxy).cpuSeconds - busyBefore).toFixed(2)} CPU-s until they had ended\n`,
    );
    await pause(Math.max(0, from + 5000 - Date.now()));
    const during = load.take();
    const revoked = (
      await gateway.audit.await((record) => record.type === 'session.revoked' && Date.parse(record.time) >= from)
    ).at(-1)!;
    const latencies = ended.map(({ at }) => at - Date.parse(revoked.time)).toSorted((a, b) => a - b);
    show('from the revocation to the end of a watch', latencies);
    show('plain requests in the five seconds before', before.latencies);
    show('plain requests in the five seconds after', during.latencies);
    expect(quantile(latencies, 0.99)).toBeLessThan(inTime);
    expect(
      ended.filter(({ said }) => !said.includes('"type":"ERROR"') || !said.includes('This session was ended')),
    ).toEqual([]);
    expect(stay.ended.size).toBe(0);
    expect([Object.keys(before.statuses), Object.keys(during.statuses)]).toEqual([['200'], ['200']]);
  });
});
