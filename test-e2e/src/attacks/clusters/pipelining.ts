import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { quickly } from './limits.ts';
import { bytesOf, exec, metric, pods, webSocket, type Attack } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const upgrades: [string, Attack][] = [
  ['an exec', { target: exec, lines: webSocket }],
  ['an upgrade that would be refused', { lines: ['Connection: Upgrade', 'Upgrade: h2c'] }],
  ["an upgrade of the gateway's own pages", { target: '/.sallyport/me', lines: webSocket }],
  ['a CONNECT', { method: 'CONNECT', target: 'x:443' }],
];
const whose: [string, string | undefined][] = [
  ['somebody', undefined],
  ['nobody', 'Bearer wrong'],
];

/** Makes responses take a moment, so that the next request arrives before them. */
const slowly = () =>
  attackFixture().dev.answer(
    (_request, response) =>
      void setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'), 300),
  );

export function attackPipelines(): void {
  describe('S07: an upgrade that is pipelined behind an unanswered request', () => {
    it.each(
      upgrades.flatMap(([what, attack]) =>
        whose.map(([who, authorization]): [string, string, Attack, string | undefined] => [
          what,
          who,
          attack,
          authorization,
        ]),
      ),
    )('(%s, by %s) ends only its own connection, and no process', async (_what, _who, attack, authorization) => {
      slowly();
      const { gateway, dev } = attackFixture();
      const [pid, from] = [gateway.processes!.pid('proxy'), dev.requests.length];
      const credential = authorization === undefined ? {} : { authorization };
      const stream = await openRaw(bytesOf(credential) + bytesOf(credential) + bytesOf({ ...attack, ...credential }));
      await eventually('the end of the connection', () => stream.endedAt !== undefined || stream.socket.destroyed);
      stream.socket.destroy();
      await quickly();
      expect(() => process.kill(pid!, 0)).not.toThrow();
      expect(dev.requests.slice(from).filter(({ upgrade }) => upgrade)).toEqual([]);
      await eventually('nothing to be left open', async () => (await metric('sallyport_proxy_open_requests')) === 0);
    });
  });

  describe('S08: endless requests behind one that is never answered', () => {
    it('cost a bounded amount: beyond ten the connection ends, with everything that was started on it', async () => {
      const { dev } = attackFixture();
      dev.answer((request, response) => {
        if (request.url!.includes('watch'))
          response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
        else response.writeHead(200, { 'content-type': 'application/json' }).end(`{"pad":"${'x'.repeat(200_000)}"}`);
      });
      const [from, unparsable] = [dev.requests.length, await metric('sallyport_proxy_unparsable_total')];
      const streams = await Promise.all(
        Array.from({ length: 10 }, () => openRaw(bytesOf({ target: `${pods}?watch=true` }) + bytesOf({}).repeat(100))),
      );
      for (const stream of streams)
        await eventually('the end of the connection', () => stream.endedAt !== undefined || stream.socket.destroyed);
      await quickly();
      expect(dev.requests.length - from).toBeLessThan(10 * 12 + 2);
      expect(await metric('sallyport_proxy_unparsable_total')).toBe(unparsable + 10);
      await eventually(
        'nothing to be left open',
        async () =>
          (await metric('sallyport_proxy_open_streams')) === 0 && (await metric('sallyport_proxy_open_requests')) === 0,
      );
    });
  });
}
