import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Elevation } from '@sallyport/contracts';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { eventually } from '@sallyport/kit/testing';
import { createSessionStores, type NoticeOutbox } from '@sallyport/stores';
import { describeOnRedis, prepareRedisServer, sessionsSchemaFor, type RedisServer } from '@sallyport/stores/testing';
import { pino } from 'pino';
import type { Channel } from '../channels/channel.ts';
import { openChannels } from '../channels/open-channels.ts';
import { exampleNotice } from '../testing/example-notice.ts';
import { attendToNotices } from './attend-to-notices.ts';

const logger = pino({ level: 'silent' });
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describeOnRedis('the delivery of notices', () => {
  describe('replicas that send notices', () => {
    let redis: RedisServer;
    let receiver: Server;
    let ids: string[];
    /** The status with which the receiver answers; undefined: it says nothing. */
    let status: number | undefined;
    let closers: (() => Promise<unknown>)[];
    beforeAll(async () => {
      redis = await prepareRedisServer();
      await redis.start();
    });
    afterAll(() => redis.stop());
    beforeEach(async () => {
      ids = [];
      status = 204;
      closers = [];
      receiver = createServer((request, response) => {
        request.resume().on('end', () => {
          ids.push(String(request.headers['webhook-id']));
          if (status !== undefined) response.writeHead(status).end();
        });
      }).listen(0, '127.0.0.1');
      await once(receiver, 'listening');
    });
    afterEach(async () => {
      for (const close of closers.toReversed()) await close();
      receiver.closeAllConnections();
      receiver.close();
    });

    /** Opens the stores and the channel of one replica. */
    async function openReplica(name: string) {
      const stores = await createSessionStores(sessionsSchemaFor({ redis: `redis://127.0.0.1:${redis.port}` }), {
        logger,
        now: Date.now,
      });
      closers.push(() => stores.close());
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
      const [channel] = openChannels([{ name, webhook: { url, secret, allowInsecure: true } }], {
        gatewayUrl: 'https://gate.example.com',
        resolvePath: (file) => file,
        createFetch: createOutboundFetch,
        now: Date.now,
      });
      const { elevations: store } = stores;
      const attend = (wrapped: { channel?: Partial<Channel>; outbox?: Partial<NoticeOutbox> } = {}) => {
        const stop = attendToNotices({
          outbox: { ...store.notices, ...wrapped.outbox },
          channels: [{ ...channel!, ...wrapped.channel }],
          logger,
          record: async () => undefined,
          now: Date.now,
          retry: { firstMs: 50, maxMs: 200, giveUpMs: 3_600_000 },
          everyMs: 20,
          leaseMs: 1500,
        });
        closers.push(stop);
        return stop;
      };
      const write = async (id: string, channelName: string, number: number) => {
        const { elevation } = exampleNotice({}, { id });
        const person = { issuer: 'https://idp.example.com', subject: id, user: 'alice' };
        const next = {
          ...elevation,
          revision: number,
          requester: person,
          createdAt: Date.now(),
        } as unknown as Elevation;
        const notice = exampleNotice(
          { id: `${id}-${number}`, number, at: Date.now(), channels: [channelName] },
          { id },
        );
        if (number === 1) await store.create(next, 5, [notice]);
        else expect(await store.replace(next, 5, [notice])).toBe(true);
      };
      return { store, channel: channel!, attend, write };
    }

    it('send each notice once between them, in the order of each elevation', async () => {
      const [one, other] = [await openReplica('ops'), await openReplica('ops')];
      one.attend();
      other.attend();
      for (let number = 1; number <= 5; number += 1)
        for (const id of ['a', 'b', 'c']) await (number % 2 ? one : other).write(id, 'ops', number);
      await eventually('every notice', () => ids.length >= 15);
      await eventually('an empty queue', async () => (await one.store.notices.queued('ops', 9)).total === 0);
      expect(ids).toHaveLength(15);
      for (const id of ['a', 'b', 'c'])
        expect(ids.filter((each) => each.startsWith(id))).toEqual([1, 2, 3, 4, 5].map((number) => `${id}-${number}`));
    });

    it('send again, with the same id, what one of them had sent when it died, and go on', async () => {
      const [dying, other] = [await openReplica('pager'), await openReplica('pager')];
      let dead: (() => void) | undefined;
      // It sends, and then does nothing more, as a process that is killed between the answer and the mark.
      dying.attend({
        channel: {
          async send(notice, signal) {
            await dying.channel.send(notice, signal);
            await new Promise<void>((resolve) => (dead = resolve));
          },
        },
        outbox: { take: async (...given) => (dead ? [] : dying.store.notices.take(...given)) },
      });
      await dying.write('d', 'pager', 1);
      await eventually('the first attempt', () => dead);
      other.attend();
      await dying.write('d', 'pager', 2);
      await eventually('both notices', () => ids.length === 3);
      expect(ids).toEqual(['d-1', 'd-1', 'd-2']);
      // Should it come back after all, it can no longer move what the other has done.
      dead!();
      await eventually('an empty queue', async () => (await other.store.notices.queued('pager', 9)).total === 0);
      expect((await other.store.notices.read('pager', 'd'))!.delivery).toMatchObject({ done: 2, tries: 0 });
    });

    it('wait for a Redis that is away, and for a receiver that fails, is silent or redirects', async () => {
      const replica = await openReplica('chat');
      status = 500;
      replica.attend();
      await replica.write('e', 'chat', 1);
      await eventually('some attempts', () => ids.length > 2);
      await redis.stop();
      status = 302;
      await new Promise((resolve) => setTimeout(resolve, 500));
      await redis.start();
      // This server keeps nothing over a restart, so what was written is written anew.
      ids = [];
      await eventually('Redis', () => replica.store.notices.queued('chat', 1));
      await replica.write('f', 'chat', 1);
      await eventually('attempts that are redirected', () => ids.length > 2);
      status = 204;
      await eventually('an empty queue', async () => (await replica.store.notices.queued('chat', 9)).total === 0);
      expect(new Set(ids)).toEqual(new Set(['f-1']));
      expect((await replica.store.notices.read('chat', 'f'))!.delivery).toMatchObject({ done: 1, failed: [] });
    });
  });
});
