import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import pg from 'pg';
import {
  describeWith,
  eventually,
  runCommand,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { createScimClient, makeScimToken } from '../identity/scim-client.ts';

const alice = 'alice@example.com';

// The drill of docs/operations/stores.md: what was backed up while the gateway ran is restored after everything is lost
// but Kafka.
describeWith(['redis', 'kafka', 'postgres'], 'a gateway that lost its stores and its keys', () => {
  const { token: scimToken, entry } = makeScimToken('okta');
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  let token: string;
  let [beforeBackup, checkpoints] = [0, 0];
  const file = (name: string) => path.join(gateway.directory, name);
  const run = async (program: string, ...args: string[]) => {
    const { code, stderr } = await runCommand(program, args, { cwd: gateway.directory });
    expect({ program, code, stderr }).toMatchObject({ program, code: 0 });
  };
  const ask = async (name: string, as = token) =>
    (await gateway.request(`/clusters/dev/api/v1/namespaces/dev/configmaps/${name}`, { token: as })).status;
  /** Asks for things that do not exist, whose names are then in the trail. */
  const work = async (name: string) => {
    for (let round = 0; round < 10; round += 1) expect(await ask(`${name}-${round}`)).toBe(404);
  };
  const cli = async (...args: string[]) => (await gateway.person(alice)).cli(args);
  const verify = async (...where: string[]) => {
    const args = ['audit', 'verify', ...where, '--config', gateway.configFile, '--keys', file('keys.json')];
    const { code, stdout, stderr } = await cli(...args, '-o', 'json');
    if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
    return { code, ...(JSON.parse(stdout) as { events: number; faults: object[]; checkpoints: { count: number } }) };
  };
  const inStore = async (): Promise<string[]> => {
    const client = new pg.Client({ connectionString: gateway.postgres!.url });
    await client.connect();
    try {
      return (await client.query<{ data: string }>('select data from audit_events')).rows.map(({ data }) => data);
    } finally {
      await client.end();
    }
  };
  const stored = (name: string) =>
    eventually(`${name} in the store`, async () => {
      const all = (await inStore()).join('\n');
      return Array.from({ length: 10 }, (_none, round) => `${name}-${round}"`).every((one) => all.includes(one));
    });
  const onServer = async (text: string) => {
    const client = new pg.Client({ connectionString: new URL('/postgres', gateway.postgres!.url).href });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  const keyFiles = () => readdirSync(gateway.directory).filter((name) => /\.(?:pem|pub|crt|key)$|^keys?$/.test(name));

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      audit: { checkpoints: { every: '1s' } },
      provider: { groupSources: ['scim', 'claims'] },
      sources: [{ kind: 'scim', tokens: [entry] }],
    });
    token = (await gateway.login(alice)).token;
    await work('before');
    await stored('before');
    writeFileSync(file('keys.json'), (await cli('audit', 'keys', '-o', 'json')).stdout);
    await eventually('a checkpoint', async () => (await verify('--store')).checkpoints.count > 1);
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it('is backed up while it runs', async () => {
    await run('pg_dump', '--format=custom', '--file', file('store.dump'), gateway.postgres!.url);
    mkdirSync(file('backup'));
    for (const name of keyFiles()) cpSync(file(name), path.join(file('backup'), name), { recursive: true });
    expect(readdirSync(file('backup'))).not.toEqual([]);
    beforeBackup = (await inStore()).length;
    checkpoints = (await verify('--store')).checkpoints.count;
    // What follows is in no backup.
    await work('after');
    await stored('after');
    await eventually('later checkpoints', async () => (await verify('--store')).checkpoints.count > checkpoints);
  });

  it('is restored, and has the whole trail again, with what came after the backup', async () => {
    for (const name of serviceNames) await gateway.processes!.stop(name);
    const { pathname } = new URL(gateway.postgres!.url);
    await onServer(`drop database ${pathname.slice(1)} with (force)`);
    await gateway.redis!.client.flushdb();
    for (const name of keyFiles()) rmSync(file(name), { recursive: true });

    await onServer(`create database ${pathname.slice(1)}`);
    await run('pg_restore', '--no-owner', '--dbname', gateway.postgres!.url, file('store.dump'));
    cpSync(file('backup'), gateway.directory, { recursive: true });
    expect((await inStore()).length).toBeLessThanOrEqual(beforeBackup);

    for (const name of serviceNames) await gateway.processes!.start(name);
    expect(await ask('old-session')).toBe(401);
    await stored('before');
    await stored('after');
    token = (await gateway.login(alice)).token;
    await work('restored');
    await stored('restored');
    let last = '';
    const verified = await eventually(
      'a trail without faults',
      async () => {
        const [store, onTopic] = [await verify('--store'), await verify('--topic')];
        last = JSON.stringify({ store, onTopic });
        return store.code === 0 && onTopic.code === 0 && store;
      },
      60_000,
      () => last,
    );
    expect(verified.faults).toEqual([]);
    expect(verified.events).toBeGreaterThan(beforeBackup);
  });

  it('gets its directory from the provider again', async () => {
    const scim = createScimClient(gateway, scimToken);
    const { json } = await scim.send('GET', '/Users');
    expect(json()).toMatchObject({ totalResults: 0 });
    await scim.group('sre', [await scim.user(alice)]);
    expect((await gateway.login(alice)).identity.groups).toEqual(['sre']);
  });
});
