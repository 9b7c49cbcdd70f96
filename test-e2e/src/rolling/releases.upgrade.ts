import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  readWholeTopic,
  theBed,
  verifyChains,
  type Person,
} from '../harness/index.ts';
import { prepareInstallation } from '../pods/install.ts';
import { buildEarlier } from './earlier-version.ts';
import { applyOverlay, configMapsInCluster, createdInCluster, startClients, startSteadyPod } from './rolling-rig.ts';
import type { Clients } from './rolling-rig.ts';
import { printTables, runRow, type Row } from './rolling-table.ts';
import { podsOf, services, settled, type Service } from './service-pods.ts';

jest.setTimeout(1_800_000);

/** The version from which is upgraded, and to which is gone back: its commit. */
const from = process.env['SALLYPORT_UPGRADE_FROM'] ?? 'dc40b1dfe29e7e709be59cfea1bcd4736c5d050b';
const image = 'ghcr.io/sallyport/sallyport';
const tags = { earlier: `${image}:earlier`, current: `${image}:0.1.0` } as const;
type Version = keyof typeof tags;

/** The earlier version has no HTTP/2 for clients. */
const load = { clients: 20, perSecond: 60, http2: false } as const;
/** For how long each mix of versions is used. */
const mixedRequests = 600;

/** All mixes of versions, each of which differs from the one before in one service. */
const mixes = Array.from({ length: 2 ** services.length }, (_none, index) =>
  services.map((_service, bit): Version => ((((index ^ (index >> 1)) >> bit) & 1) === 1 ? 'current' : 'earlier')),
);

describeWith(['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'], 'two versions of Sallyport', () => {
  const closers = new Closers();
  const rows: Row[] = [];
  const running = Object.fromEntries(services.map((name) => [name, 'earlier'])) as Record<Service, Version>;
  let clients: Clients;
  let alice: Person;
  let elevation = '';
  const admin = () => theBed().cluster!.admin;

  beforeAll(async () => {
    const { archive } = await buildEarlier(from, tags.earlier);
    await theBed().cluster!.loadImage(archive);
    const installation = await prepareInstallation(
      closers,
      'k8s',
      (config) => {
        config.streams = { drain: '6s', perUser: 300 };
        // What the earlier version does not know.
        delete config.services.proxy.peer;
        delete config.recordings;
        config.elevations = [
          {
            name: 'on-call',
            clusters: ['home'],
            groups: ['sre'],
            maxDuration: '4h',
            requesters: { groups: ['developers'] },
            approvals: 0,
            reason: 'optional',
          },
        ];
      },
      [{ name: image, newTag: 'earlier' }],
    );
    await startSteadyPod(closers);
    await applyOverlay(installation.overlay, closers);
    clients = await startClients(closers, installation, load);
    alice = await installation.person('alice@example.com');
    const asked = await alice.cli(['elevate', 'on-call', '--cluster', 'home', '--for', '4h', '-o', 'json']);
    elevation = (JSON.parse(asked.stdout) as { id: string }).id;
  });
  afterAll(() => closers.run());

  /** Replaces a service by one of its versions, in a rolling way. */
  async function replace(service: Service, version: Version): Promise<void> {
    const before = await podsOf(service);
    await admin().kubectl(['set', 'image', `deployment/${service}`, '-n', 'sallyport', `*=${tags[version]}`]);
    running[service] = version;
    await settled(before);
  }

  /** Expects that what one version has stored is right for the others: sessions, elevations, and their ends. */
  async function expectWhole(): Promise<void> {
    const mix = services.map((name) => `${name} ${running[name]}`).join(', ');
    expect([mix, await alice.cli(['whoami', '-o', 'json'])]).toMatchObject([mix, { code: 0 }]);
    const { stdout } = await alice.cli(['elevations', 'show', elevation, '-o', 'json']);
    expect([mix, JSON.parse(stdout)]).toMatchObject([mix, { elevation: { state: 'active' } }]);
    expect([mix, await alice.tryKubectl(['get', 'pods', '-n', 'dev'])]).toMatchObject([mix, { code: 0 }]);
    // Another session, which ends.
    const { url, ca } = clients.access;
    const authorization = `Bearer ${await clients.logIn()}`;
    const ask = async (path: string, method = 'GET') =>
      (await httpRequestOnce(`${url}${path}`, { ca, method, headers: { authorization } })).status;
    const pods = '/clusters/home/api/v1/namespaces/dev/pods';
    expect([mix, await ask(pods), await ask('/.sallyport/logout', 'POST'), await ask(pods)]).toEqual([
      mix,
      200,
      204,
      401,
    ]);
  }

  async function row(name: string, disturb: () => Promise<unknown>): Promise<void> {
    const one = await runRow(name, clients, async () => {
      await disturb();
      const before = clients.requests.total();
      await expectWhole();
      await eventually('requests to this mix', () => clients.requests.total() - before > mixedRequests);
    });
    rows.push(one);
    // A busy machine refuses some because of the deadlines of Redis and Kafka.
    const refused = one.failures.filter((failure) => failure.includes(': 503 '));
    expect(one.failures.filter((failure) => !refused.includes(failure))).toEqual([]);
    expect(refused.length).toBeLessThanOrEqual(one.requests / 100);
    expect(one.untold).toEqual([]);
  }

  async function expectTrail(): Promise<void> {
    const { brokers } = theBed().kafka!;
    const { faults, unchained } = verifyChains(await readWholeTopic({ brokers, topic: 'sallyport.audit.v1' }));
    expect({ faults, unchained }).toEqual({ faults: [], unchained: 0 });
    const store = new URL(theBed().postgres!.url);
    const env = { PGPASSWORD: decodeURIComponent(store.password) };
    store.password = '';
    const verified = await alice.cli(['audit', 'verify', '--store', store.href, '-o', 'json'], { env });
    process.stderr.write(`upgrade: the store: ${verified.stdout.slice(0, 500)}${verified.stderr.slice(0, 500)}\n`);
    expect(verified).toMatchObject({ code: 0 });
  }

  describe('with everything that is stored', () => {
    it.each(services)('are upgraded in the documented order: %s', (name) =>
      row(`${name} is upgraded`, () => replace(name, 'current')),
    );

    it('have one trail without faults', expectTrail);

    it.each(services.toReversed())('are rolled back in the opposite order: %s', (name) =>
      row(`${name} is rolled back`, () => replace(name, 'earlier')),
    );

    it.each(mixes.slice(1).map((mix, index) => [index, mix] as const))('are mixed in every way: %d', (index, mix) => {
      const changed = services.findIndex((_name, place) => mix[place] !== mixes[index]![place]);
      const name = services.map((service, place) => `${service} ${mix[place]}`).join(', ');
      return row(name, () => replace(services[changed]!, mix[changed]!));
    });

    it('are upgraded at once', () =>
      row('all are upgraded at once', () =>
        Promise.all(services.filter((name) => running[name] !== 'current').map((name) => replace(name, 'current'))),
      ));

    it('have lost no write, done none twice, and have one trail', async () => {
      await clients.requests.stop();
      await clients.streams.stop();
      printTables(rows);
      const { acknowledged, unknown } = clients.requests.written;
      const there = new Set(await configMapsInCluster());
      expect([...acknowledged].filter((name) => !there.has(name))).toEqual([]);
      expect([...there].filter((name) => !acknowledged.has(name) && !unknown.has(name))).toEqual([]);
      expect(await createdInCluster(clients.since)).not.toHaveProperty('409');
      await expectTrail();
    });
  });
});
