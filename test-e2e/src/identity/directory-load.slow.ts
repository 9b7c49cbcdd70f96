import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, startGateway, startPractice, type Gateway, type PracticeAccess } from '../harness/index.ts';
import { processUsage } from '../streams/process-usage.ts';
import { createScimClient, makeScimToken } from './scim-client.ts';

const [peopleCount, groupCount, membersEach] = [10_000, 1000, 50];
/** The number of concurrent requests that the provisioning of an identity provider makes. */
const atOnce = 8;
const alice = 'alice@example.com';

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < items.length) {
        const item = items[next]!;
        next += 1;
        await work(item);
      }
    }),
  );
}

describeWith(
  ['redis', 'kafka', 'postgres', 'kubectl'],
  `${peopleCount} people and ${groupCount} groups that are pushed`,
  () => {
    const { token, entry } = makeScimToken('load');
    let practice: PracticeAccess;
    let gateway: Gateway;
    let [live, other]: string[] = [];
    const ids: string[] = [];
    beforeAll(async () => {
      practice = await startPractice();
      gateway = await startGateway({
        mode: 'processes',
        clusters: [practice.access],
        sources: [{ kind: 'scim', tokens: [entry] }],
        provider: { groupSources: ['scim', 'claims'] },
      });
      live = (await gateway.login(alice)).token;
      other = (await gateway.login('bob@example.com')).token;
    });
    afterAll(async () => {
      await gateway?.stop();
      await practice?.stop();
    });

    const say = (text: string) => process.stderr.write(`measured: ${text}\n`);
    const rss = () => processUsage(gateway.processes!.pid('authenticate')!).rssMiB;
    const timed = async (what: string, count: number, work: () => Promise<unknown>): Promise<number> => {
      const from = performance.now();
      await work();
      const seconds = (performance.now() - from) / 1000;
      say(
        `${what}: ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} per second, memory of authenticate ${rss()} MiB`,
      );
      return seconds;
    };
    /** Returns the median durations of requests to the cluster, in milliseconds, measured in turns on a busy machine. */
    const requestTimes = async (...tokens: string[]) => {
      const times = tokens.map((): number[] => []);
      for (let n = 0; n < 400; n += 1) {
        const from = performance.now();
        const { status } = await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods?limit=1', {
          token: tokens[n % tokens.length]!,
        });
        times[n % tokens.length]!.push(performance.now() - from);
        expect(status).toBe(200);
      }
      return times.map((all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!);
    };

    it(
      'are stored within minutes, and requests still only read the session',
      async () => {
        const scim = createScimClient(gateway, token);
        const idle = rss();
        const growth: number[] = [];
        const people = await timed(`${peopleCount} people pushed`, peopleCount, () =>
          inTurns(
            Array.from({ length: peopleCount }, (_, n) => n),
            async (n) => {
              if (n % 1000 === 0) growth.push(rss());
              ids[n] = await scim.user(n === 0 ? alice : `person-${n}@example.com`, {
                externalId: `00u${n}`,
                displayName: `Person ${n}`,
                emails: [{ value: n === 0 ? alice : `person-${n}@example.com`, type: 'work', primary: true }],
              });
            },
          ),
        );
        const groups = await timed(`${groupCount} groups of ${membersEach} members pushed`, groupCount, () =>
          inTurns(
            Array.from({ length: groupCount }, (_, n) => n),
            (n) =>
              scim.group(
                n === 0 ? 'developers' : `group-${n}`,
                Array.from({ length: membersEach }, (_, m) => ids[(n * 7 + m * 199) % peopleCount]!),
              ),
          ),
        );
        expect(people + groups).toBeLessThan(10 * 60);

        const all = ids.slice();
        await timed('a group of everybody pushed', 1, () => scim.group('everybody', all));
        const found = await timed('1000 people found by name', 1000, () =>
          inTurns(
            Array.from({ length: 1000 }, (_, n) => n),
            async (n) => {
              const { json } = await scim.send(
                'GET',
                `/Users?filter=${encodeURIComponent(`userName eq "person-${n * 9 + 1}@example.com"`)}`,
              );
              expect(json()).toMatchObject({ totalResults: 1 });
            },
          ),
        );
        expect(found).toBeLessThan(60);
        const whole = await scim.send('GET', '/Users?startIndex=9501&count=500');
        expect((whole.json() as { Resources: unknown[] }).Resources).toHaveLength(500);
        await timed('10,000 people searched through (userName co)', 1, async () => {
          const { json } = await scim.send('GET', `/Users?filter=${encodeURIComponent('userName co "person-9999"')}`);
          expect(json()).toMatchObject({ totalResults: 1 });
        });

        const { json } = await gateway.request('/.sallyport/me', {
          token: live,
          headers: { accept: 'application/json' },
        });
        expect((json() as { groups: string[] }).groups).toContain('everybody');
        const [inDirectory, outside] = await requestTimes(live!, other!);
        say(
          `a request of somebody in groups of it took ${inDirectory!.toFixed(2)} ms, of somebody who is not in it ${outside!.toFixed(2)} ms; authenticate held ${idle} MiB before, ${growth.join(', ')} MiB on the way and ${rss()} MiB after; Redis holds ${/used_memory_human:(\S+)/.exec(await gateway.redis!.client.info('memory'))![1]!}`,
        );
      },
      20 * 60_000,
    );
  },
);
