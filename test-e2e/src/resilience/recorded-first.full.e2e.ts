import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  runDirectory,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

const allow = (group: string) => [{ allow: { or: [{ groups: group }] } }];
const pods = '/clusters/dev/api/v1/namespaces/dev/pods';

describeWith(
  ['redis', 'kafka', 'postgres'],
  'what gives rights is recorded first, what takes them is done first',
  () => {
    let bed: Bed & { kafka: NonNullable<Bed['kafka']> };
    let upstream: RecordingUpstream;
    let spooled: Gateway | undefined;
    beforeAll(async () => {
      bed = (await startBed({ need: ['kafka'] })) as typeof bed;
      upstream = await startRecordingUpstream();
    });
    afterAll(async () => {
      await spooled?.stop();
      await upstream?.stop();
      await bed?.stop();
    });

    const start = (audit: Record<string, unknown> = {}) =>
      startGateway({
        mode: 'processes',
        servers: { kafka: bed.kafka.brokers },
        clusters: [{ ...upstream.access, policy: allow('developers') }],
        audit,
      });
    /** The ids of the sessions in Redis. */
    const sessionsOf = async ({ redis }: Gateway) => redis!.client.keys('*:session');
    const statusOf = async (gateway: Gateway, token: string) => (await gateway.request(pods, { token })).status;
    const setPolicy = (gateway: Gateway, group: string) =>
      gateway.reconfigure((config) => {
        (config['clusters'] as Record<string, unknown>[])[0]!['policy'] = allow(group);
      });
    const readyz = async (gateway: Gateway) =>
      (await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts['authorize']}/readyz`)).json() as {
        ready: boolean;
        checks: Record<string, string>;
      };

    describe('without a spool, while Kafka is away', () => {
      let gateway: Gateway;
      beforeAll(async () => {
        gateway = await start();
      });
      afterAll(() => gateway?.stop());

      it('a login gets 503, there is no session, and it works when Kafka is back', async () => {
        const before = await sessionsOf(gateway);
        await bed.kafka.pause();
        const outcome = await gateway.login('alice@example.com', { once: true }).then(() => 'a session', String);
        const during = await sessionsOf(gateway);
        await bed.kafka.resume();
        expect(outcome).toMatch(/503 [^]*audit-unavailable[^]*Log in again/);
        expect(during).toEqual(before);
        await eventually('logins work', () => gateway.login('alice@example.com'));
        const refused = await gateway.audit.await({ type: 'session.ended', code: 503 });
        expect(refused[0]!.data.responseStatus!.message).toBe('not-begun');
      });

      it('a revocation takes effect and says that it is not recorded yet, and its event arrives later', async () => {
        const { token, sessionId } = await gateway.login('alice@example.com');
        expect(await statusOf(gateway, token)).toBe(200);
        await bed.kafka.pause();
        const answer = await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, { token, method: 'DELETE' });
        const after = await statusOf(gateway, token);
        await bed.kafka.resume();
        expect([answer.status, answer.json()]).toEqual([200, { revoked: 1, recorded: false }]);
        expect(after).toBe(401);
        await gateway.audit.await(
          ({ type, data }) => type === 'session.revoked' && data.sallyport.sessionId === sessionId,
        );
      });

      it('a changed policy waits, which /readyz shows, and comes into force by itself when Kafka is back', async () => {
        const { token } = await gateway.login('alice@example.com');
        await bed.kafka.pause();
        const restore = setPolicy(gateway, 'nobody');
        await eventually('the policy to wait', async () =>
          /waits/.test((await readyz(gateway)).checks['policy'] ?? ''),
        );
        const during = [await statusOf(gateway, token), (await readyz(gateway)).ready];
        await bed.kafka.resume();
        expect(during).toEqual([200, true]);
        await eventually('the policy to come into force', async () => (await statusOf(gateway, token)) === 403, 90_000);
        expect((await gateway.audit.await({ type: 'policy.changed' }, 2)).at(-1)!.data.sallyport.policy).toEqual(
          expect.objectContaining({ trigger: 'file' }),
        );
        restore();
        await eventually('the old policy again', async () => (await statusOf(gateway, token)) === 200);
      });
    });

    it('with a spool, logins and changes of policy go on without Kafka', async () => {
      spooled = await start({ spool: { dir: mkdtempSync(path.join(runDirectory(), 'spool-')), maxBytes: '64MiB' } });
      await bed.kafka.pause();
      try {
        const { token } = await spooled.login('alice@example.com');
        expect(await statusOf(spooled, token)).toBe(200);
        setPolicy(spooled, 'nobody');
        await eventually('the policy to come into force', async () => (await statusOf(spooled!, token)) === 403);
      } finally {
        await bed.kafka.resume();
      }
      await spooled.audit.await({ type: 'session.login' });
      await spooled.audit.await({ type: 'policy.changed' }, 2);
    });
  },
);
