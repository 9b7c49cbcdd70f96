import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import { Redis } from 'ioredis';
import { describeWith, eventually, startGateway, startPractice, type Gateway, type Person } from '../harness/index.ts';
import { prodAdmin } from './prod-admin.ts';

describeWith(
  ['redis', 'kafka', 'postgres'],
  'on a Redis whose replica goes away, elevations and ends of sessions',
  () => {
    const beds: Bed[] = [];
    let practice: Awaited<ReturnType<typeof startPractice>>;
    let gateway: Gateway;
    let [master, replica]: Redis[] = [];
    let [alice, bob]: Person[] = [];
    beforeAll(async () => {
      for (const _ of ['master', 'replica']) beds.push(await startBed({ need: ['redis'] }));
      [master, replica] = beds.map(({ redis }) => new Redis(redis!.url));
      await master!.config('SET', 'repl-diskless-sync-delay', '0');
      practice = await startPractice();
      gateway = await startGateway({
        mode: 'processes',
        clusters: [practice.access],
        servers: { redis: beds[0]!.redis!.url },
        sessions: { waitForReplicas: { count: 1, timeout: '1500ms' } },
        more: {
          elevations: [prodAdmin],
        },
      });
      [alice, bob] = [await gateway.person('alice@example.com'), await gateway.person('bob@example.com')];
    });
    afterAll(async () => {
      await gateway?.stop();
      await practice?.stop();
      for (const client of [master, replica]) client?.disconnect();
      for (const bed of beds) await bed.stop();
    });

    const attach = async () => {
      const { hostname, port } = new URL(beds[0]!.redis!.url);
      await replica!.call('REPLICAOF', hostname, port);
      const follows = async () => {
        await master!.set('probe', Date.now());
        return (await master!.wait(1, 200)) === 1;
      };
      await eventually('the replica', follows);
    };
    const detach = () => replica!.call('REPLICAOF', 'NO', 'ONE');

    it('are warned of at the start, refused with words that help, and happen once if repeated', async () => {
      const logs = path.join(gateway.directory, 'logs');
      const ofAuthorize = readdirSync(logs).filter((name) => name.includes('authorize'));
      const log = ofAuthorize.map((name) => readFileSync(path.join(logs, name), 'utf8')).join('');
      expect(log).toContain('0 of the 1 replicas that sessions.waitForReplicas waits for');
      expect(log).toContain('set \\"min-replicas-to-write 1\\"');

      const asked = ['elevate', 'prod-admin', '--cluster', 'dev', '--for', '10m', '--reason', 'the shop is down'];
      const request = () => alice!.cli([...asked, '--no-wait', '-o', 'json']);
      const words = /\(503\): This may or may not have happened: too few replicas .* Repeat it to be sure\./;
      const first = await request();
      expect(first.code).not.toBe(0);
      expect(first.stderr).toMatch(words);
      await attach();
      /** Repeats a step, as its refusal says, while the replica is too late on a busy machine. */
      const repeated = (step: () => ReturnType<typeof request>) =>
        eventually(words.source, async () => {
          const done = await step();
          if (done.code === 0) return done;
          expect(done.stderr).toMatch(words);
        });
      const { id } = JSON.parse((await repeated(request)).stdout) as { id: string };

      const approve = () => bob!.cli(['elevations', 'approve', id]);
      await detach();
      expect((await approve()).stderr).toMatch(words);
      await attach();
      for (let times = 0; times < 2; times += 1)
        expect(await repeated(approve)).toMatchObject({ stdout: expect.stringContaining('is active until') });

      await gateway.audit.await(({ type }) => type === 'elevation.activated');
      const steps = gateway.audit.all(({ type }) => type.startsWith('elevation.')).map(({ type }) => type);
      expect(steps).toEqual(['elevation.requested', 'elevation.approved', 'elevation.activated']);
    });

    it('an end of a session takes effect and is recorded, is refused until a replica has it, and stays', async () => {
      await detach();
      const { token } = await gateway.login('carol@example.com');
      const logOut = () => gateway.request('/.sallyport/logout', { method: 'POST', token });
      const refused = await logOut();
      expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('Repeat it to be sure.')]);
      expect((await gateway.request('/.sallyport/me', { token })).status).toBe(401);
      const [ended] = await gateway.audit.await(
        ({ type, data }) => type === 'session.revoked' && data.user?.username === 'carol@example.com',
      );
      await attach();
      const id = ended!.data.sallyport!.sessionId!;
      const admin = await gateway.person('bob@example.com');
      const revoked = await eventually('a confirmed end', async () => {
        const done = await admin.cli(['sessions', 'revoke', id]);
        return done.stderr.includes('Repeat it') ? undefined : done;
      });
      expect(revoked.stderr).toContain('No live session has this ID');
      await replica!.call('REPLICAOF', 'NO', 'ONE');
      const keys = await replica!.keys('sallyport:{*}:session');
      const held = await Promise.all(keys.map((key) => replica!.hget(key, 'revoked')));
      expect(held.filter((text) => text?.includes(id))).toHaveLength(1);
    });
  },
);
