import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, startSteadyLoad, type Bed } from '@sallyport/bed';
import {
  createNamespace,
  describeWith,
  eventually,
  realClusterAccess,
  startGateway,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { startMixedLoad } from './mixed-load.ts';
import { startStreamPods } from './open-streams.ts';
import { processUsage, type ProcessUsage } from './process-usage.ts';

/** How long the load lasts. A shorter time only shows that the test works. */
const soakMinutes = Number(process.env['SALLYPORT_SOAK_MINUTES'] ?? 30);
const minute = 60_000;
const services = ['proxy', 'authorize', 'authenticate'] as const;
type Usage = Record<(typeof services)[number], ProcessUsage>;

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'cluster', 'kubectl'],
  `${soakMinutes} minutes of streams that open, close and are cut`,
  () => {
    let own: Bed;
    let gateway: Gateway;
    let alice: Person;
    let namespace: TestNamespace;
    let token = '';
    beforeAll(async () => {
      namespace = await createNamespace();
      await startStreamPods(namespace.name);
      // The servers that go down are its own. The cluster with the node is shared.
      own = await startBed({ need: ['redis', 'cluster', 'kubectl'] });
      const account = await own.cluster!.createGatewayServiceAccount({ groups: ['developers', 'sre'] });
      await own.cluster!.admin.kubectl([
        'create',
        'clusterrolebinding',
        'developers',
        '--clusterrole=cluster-admin',
        '--group=developers',
        '--group=sre',
      ]);
      await own.cluster!.admin.kubectl(['create', 'configmap', 'settings', '-n', 'default']);
      const restarted = {
        name: 'restarted',
        server: own.cluster!.server,
        caFile: own.cluster!.caFile,
        tokenFile: account.tokenFile,
        impersonate: { groups: ['developers', 'sre'] },
      };
      gateway = await startGateway({
        mode: 'processes',
        clusters: [await realClusterAccess(), restarted],
        servers: { redis: own.redis!.url },
      });
      alice = await gateway.person('alice@example.com');
      token = (await gateway.login('bob@example.com')).token;
    });
    afterAll(async () => {
      await gateway?.stop();
      await own?.stop();
      await namespace?.remove();
    });

    const usage = () =>
      Object.fromEntries(services.map((name) => [name, processUsage(gateway.processes!.pid(name)!)])) as Usage;
    const show = (what: string, now: Usage) =>
      process.stderr.write(
        `measured: ${what}: ${services.map((name) => `${name} ${now[name].rssMiB} MiB, ${now[name].descriptors} descriptors (${now[name].sockets} sockets)`).join('; ')}\n`,
      );
    const configMaps = () => `${gateway.clusterUrl('restarted')}/api/v1/namespaces/default/configmaps`;

    /** Returns the median size of a process over some of the samples. */
    const middle = (samples: readonly Usage[], name: keyof Usage) =>
      samples.map((one) => one[name].rssMiB).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!;

    /**
     * Puts load on the gateway for a while, during which servers go down at the given fractions of that time. Returns the
     * resources in use when the load has ended.
     */
    async function load(
      ms: number,
      outages: { at: number; away: () => Promise<unknown>; back: () => Promise<unknown> }[],
    ): Promise<{ quiet: Usage; samples: Usage[] }> {
      const samples: Usage[] = [];
      const plain = startSteadyLoad(`${configMaps()}/settings`, { ca: gateway.caPem, token, perSecond: 50 });
      const mixed = startMixedLoad({
        gateway,
        person: alice,
        inside: ['-n', namespace.name],
        watchUrl: `${configMaps()}?watch=1&fieldSelector=metadata.name%3Dsettings`,
        victim: 'alice@example.com',
        administrator: () => token,
      });
      const began = Date.now();
      for (const { at, away, back } of [...outages, { at: 1, away: async () => {}, back: async () => {} }]) {
        while (Date.now() - began < at * ms) {
          await pause(Math.min(minute, Math.max(0, began + at * ms - Date.now())));
          samples.push(usage());
          show(`after ${((Date.now() - began) / minute).toFixed(1)} minutes`, samples.at(-1)!);
        }
        await away();
        await pause(at < 1 ? 5000 : 0);
        await back();
      }
      await mixed.stop();
      const { statuses } = plain.take();
      plain.stop();
      process.stderr.write(
        `measured: plain requests ${JSON.stringify(statuses)}; streams ${JSON.stringify(mixed.counts)}; last failures ${JSON.stringify(mixed.lastFailure)}\n`,
      );
      expect(Object.keys(mixed.counts)).toEqual(
        expect.arrayContaining([
          'watches ended by their client',
          'watches cut',
          'exec that ends',
          'exec given up',
          'logs -f',
          'port-forward',
        ]),
      );
      // Idle connections are kept for 65 seconds.
      await pause(75_000);
      return { quiet: usage(), samples };
    }

    it(
      'leave no socket, descriptor or memory behind, even if Redis and the cluster go down twice',
      async () => {
        const { apiServer } = own.cluster!;
        const redis = own.redis!;
        const pids = services.map((name) => gateway.processes!.pid(name));
        const { quiet: first } = await load(Math.min(2, soakMinutes / 4) * minute, []);
        show('quiet after the first load', first);
        const { quiet: second, samples } = await load(soakMinutes * minute, [
          { at: 0.2, away: () => redis.pause(), back: () => redis.resume() },
          { at: 0.4, away: () => apiServer.pause(), back: () => apiServer.resume() },
          { at: 0.6, away: () => redis.pause(), back: () => redis.resume() },
          { at: 0.8, away: () => apiServer.pause(), back: () => apiServer.resume() },
        ]);
        show('quiet after the second load', second);
        expect(services.map((name) => gateway.processes!.pid(name))).toEqual(pids);
        await eventually(
          'requests to succeed',
          async () =>
            (await gateway.request('/clusters/restarted/api/v1/namespaces/default/configmaps/settings', { token }))
              .status === 200,
        );
        // A process grows at first under load. After that, its size must stay constant.
        const third = Math.floor(samples.length / 3);
        for (const name of services) {
          const [earlier, later] = [
            middle(samples.slice(third, 2 * third), name),
            middle(samples.slice(2 * third), name),
          ];
          process.stderr.write(`measured: ${name}: ${earlier} MiB in the middle third, ${later} MiB in the last\n`);
          expect(later).toBeLessThan(earlier * 1.15 + 16);
          expect(second[name].descriptors).toBeLessThan(first[name].descriptors + 16);
        }
      },
      (soakMinutes * 1.5 + 10) * minute,
    );
  },
);
