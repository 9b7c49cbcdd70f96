import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import { claimRedis, createDatabase } from '../harness/gateway-stores.ts';
import { describeWith, eventually, startPractice, theBed, type RunningCommand } from '../harness/index.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';

describeWith(['redis', 'kafka', 'postgres', 'kubectl'], 'a small gateway that grows', () => {
  const closers = new Closers();
  const kafka = { brokers: theBed().kafka!.brokers, topic: `sallyport.e2e.${crypto.randomUUID()}` };
  const checkpoints = { every: '1s' };
  let rig: ServeRig;
  let redis: Awaited<ReturnType<typeof claimRedis>>;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let gateway: RunningCommand;
  let store: { postgres: string };
  /** Creates an object and reads it: the event of a creation does not have its name. */
  const create = async (name: string) => {
    await rig.kubectl('create', 'configmap', name, '-n', 'dev');
    return rig.kubectl('get', 'configmap', name, '-n', 'dev');
  };
  const login = () => rig.login('alice@example.com', '--ca-file', `${rig.data}/tls/ca.crt`);
  /** Returns the number of events, when the trail has a checkpoint and no fault. */
  const verify = async (...where: string[]): Promise<number> => {
    let last = '';
    return eventually(
      'a trail without faults',
      async () => {
        const verified = await rig.verify(...where);
        last = JSON.stringify(verified);
        return verified.code === 0 && verified.events;
      },
      30_000,
      () => last,
    );
  };
  const config = () => ['--config', rig.config];
  /** Expects that these reads are found in the store, by a person who may see the trail. */
  const expectFound = (...names: string[]) =>
    eventually(`${names.join()} in the store`, async () => {
      const { stdout } = await rig.cli('audit', 'search', '--verb', 'get', '--resource', 'configmaps', '-o', 'json');
      return names.every((name) => stdout.includes(name));
    });

  beforeAll(async () => {
    const practice = await startPractice();
    closers.add(() => practice.stop());
    redis = await claimRedis(theBed().redis!.url);
    closers.add(() => redis.release());
    database = await createDatabase(theBed().postgres!.url);
    closers.add(() => database.drop());
    store = { postgres: database.url };
    const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
    rig = await createServeRig({
      api: { policy: { audit: policy } },
      audit: { checkpoints },
      clusters: [{ name: 'dev', ...practice.access, policy }],
    });
    closers.add(() => rig.stop());
  });
  afterAll(() => closers.run());

  it('begins with everything in its directory', async () => {
    gateway = await rig.start();
    await login();
    expect(await rig.cli('kubeconfig', '--merge')).toMatchObject({ code: 0 });
    expect(await create('in-files')).toMatchObject({ code: 0 });
    await expectFound('in-files');
    await verify('--files', ...config());
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    expect(await verify('--files', ...config())).toBeGreaterThan(2);
  });

  it('keeps sessions in Redis, where users log in again', async () => {
    rig.change({ sessions: { redis: redis.url } });
    gateway = await rig.start();
    expect(await rig.cli('whoami')).toMatchObject({ code: 3 });
    await login();
    expect(await create('with-redis')).toMatchObject({ code: 0 });
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    expect(await verify('--files', ...config())).toBeGreaterThan(4);
  });

  it('stores its events in PostgreSQL, with those of before', async () => {
    rig.change({ audit: { checkpoints, store } });
    gateway = await rig.start();
    expect(await create('with-postgres')).toMatchObject({ code: 0 });
    await expectFound('in-files', 'with-redis', 'with-postgres');
    await verify('--store', ...config());
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    expect(await verify('--store', ...config())).toBe(await verify('--files', ...config()));
  });

  it('takes its trail to Kafka, and goes on there', async () => {
    const before = await verify('--files', ...config());
    rig.change({ audit: { kafka, checkpoints, store } });
    expect(await rig.cli('audit', 'import', ...config(), '--keys', rig.checkpointKey())).toMatchObject({ code: 0 });
    expect(await verify('--topic', ...config())).toBe(before);
    gateway = await rig.start();
    expect(await create('with-kafka')).toMatchObject({ code: 0 });
    await expectFound('in-files', 'with-redis', 'with-postgres', 'with-kafka');
    // The store follows the topic only as long as the gateway runs.
    await verify('--store', ...config());
    expect(await gateway.stop()).toMatchObject({ code: 0 });
    expect(await verify('--topic', ...config())).toBeGreaterThan(before);
  });

  it('becomes four services with the same keys, policies and addresses', async () => {
    const services = await rig.startServices();
    // With the earlier session.
    expect(await create('with-services')).toMatchObject({ code: 0 });
    await expectFound('in-files', 'with-redis', 'with-postgres', 'with-kafka', 'with-services');
    await verify('--store', ...config());
    for (const service of services) expect(await service.stop()).toMatchObject({ code: 0 });
    await verify('--topic', ...config());
  });
});
