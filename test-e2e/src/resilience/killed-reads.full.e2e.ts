import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed } from '@sallyport/bed';
import type { AuditRecord } from '@sallyport/contracts';
import { joinLogs, type LogJoin } from '../chaos/join-logs.ts';
import {
  clusterEvents,
  describeWith,
  eventually,
  httpRequestOnce,
  rawExchange,
  readWholeTopic,
  runDirectory,
  startGateway,
  verifyChains,
  type Gateway,
} from '../harness/index.ts';
import { needs, type ResilienceRig } from './resilience-fixture.ts';

/** The way from the gateway to the API server, on which answers can be held. */
type Line = {
  port: number;
  /** From now on, only so many bytes of the answers pass on each connection. */
  hold(bytes: number): void;
  /** Ends all connections, and holds nothing on new ones. */
  drop(): void;
  server: Server;
};

async function startLine(target: { host: string; port: number }): Promise<Line> {
  const sockets = new Set<Socket>();
  let quota = Infinity;
  const server = createServer((client) => {
    const upstream = connect(target);
    let left = { of: quota, bytes: quota };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (left.of !== quota) left = { of: quota, bytes: quota };
      if (left.bytes > 0) client.write(chunk.subarray(0, Math.min(chunk.length, left.bytes)));
      left.bytes -= chunk.length;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hold: (bytes) => void (quota = bytes),
    drop() {
      quota = Infinity;
      for (const socket of sockets) socket.destroy();
    },
    server,
  };
}

const listOf = (marker: string) => `/api/v1/namespaces/default/configmaps?labelSelector=${marker}!%3Dx`;
const idOf = (text: string) => /^audit-id: ([0-9a-f-]{36})\r$/im.exec(text)?.[1];

describeWith(needs, 'a gateway that is killed while it serves reads', () => {
  let bed: ResilienceRig['bed'];
  let line: Line;
  let tokenFile: string;
  beforeAll(async () => {
    bed = (await startBed({ need: needs })) as ResilienceRig['bed'];
    const { admin } = bed.cluster;
    ({ tokenFile } = await bed.cluster.createGatewayServiceAccount({ groups: ['developers'] }));
    await admin.kubectl(['create', 'clusterrolebinding', 'devs', '--clusterrole=view', '--group=developers']);
    // A list of them is shorter than what the gateway gathers, and longer than one packet.
    for (let n = 0; n < 12; n += 1)
      await admin.kubectl([
        'create',
        'configmap',
        `large-${n}`,
        '-n',
        'default',
        `--from-literal=a=${'x'.repeat(2000)}`,
      ]);
    const { hostname: host, port } = new URL(bed.cluster.server);
    line = await startLine({ host, port: Number(port) });
  });
  afterAll(async () => {
    line?.drop();
    line?.server.close();
    await bed?.stop();
  });

  describe.each([
    { name: 'with a spool', hasSpool: true },
    { name: 'without a spool', hasSpool: false },
  ])('$name', ({ hasSpool }) => {
    let gateway: Gateway;
    let token: string;
    let from: number;
    /** The audit IDs of answers that a client has begun to receive. */
    const seen = new Set<string>();
    const processes = () => gateway.processes!;

    beforeAll(async () => {
      gateway = await startGateway({
        mode: 'processes',
        servers: { redis: bed.redis.url, kafka: bed.kafka.brokers, postgres: bed.postgres!.url },
        clusters: [
          {
            server: `https://127.0.0.1:${line.port}`,
            caFile: bed.cluster.caFile,
            tokenFile,
            impersonate: { groups: ['developers'] },
          },
        ],
        audit: hasSpool ? { spool: { dir: mkdtempSync(path.join(runDirectory(), 'spool-')) } } : {},
      });
      ({ token } = await gateway.login('alice@example.com'));
      from = Date.now();
    });
    afterAll(() => gateway?.stop());

    const read = async (marker: string): Promise<string> => {
      const lines = [
        `GET /clusters/dev${listOf(marker)} HTTP/1.1`,
        'Host: 127.0.0.1',
        `Authorization: Bearer ${token}`,
      ];
      const bytes = [...lines, 'Accept: application/json', 'Connection: close', '', ''].join('\r\n');
      const { text } = await rawExchange(gateway.url, gateway.caPem, bytes, { quietMs: 60_000 }).catch(() => ({
        text: '',
      }));
      const id = idOf(text);
      if (id !== undefined && text.startsWith('HTTP/1.1 200 ')) seen.add(id);
      return text;
    };
    const eventsOf = (id: string) => gateway.events((record) => record.data.auditID === id);
    /** Waits until reads leave one event: the process has recorded reserved IDs by then. */
    const warm = () =>
      eventually('a read to leave one event', async () => {
        const id = idOf(await read('warm'));
        if (id === undefined) return false;
        const isEnd = ({ data }: AuditRecord) => data.auditID === id && data.stage === 'ResponseComplete';
        await gateway.audit.await(isEnd);
        return eventsOf(id).length === 1;
      });
    const arrived = (marker: string) =>
      clusterEvents(bed.cluster.auditLogFile).filter(
        ({ requestURI, stage }) => requestURI.includes(marker) && stage === 'ResponseComplete',
      );
    const kill = async () => {
      await processes().stop('proxy', 'SIGKILL');
      line.drop();
    };
    /** Joins what is on the topic when all that was queued is there. */
    const join = async (): Promise<LogJoin & { faults: object[]; recorded: Set<string> }> => {
      const marker = await warm().then(() => randomUUID());
      const last = idOf(await read(marker))!;
      await gateway.audit.await({ auditID: last, stage: 'ResponseComplete' });
      const messages = await readWholeTopic(gateway.kafka!);
      const recorded = new Set(messages.map(({ value }) => (JSON.parse(value) as AuditRecord['data']).auditID));
      const result = await joinLogs(messages, bed.cluster.auditLogFile, { from, to: Date.now() });
      return { ...result, faults: verifyChains(messages).faults, recorded };
    };
    const expectHeld = ({
      bypassed,
      mismatched,
      lost,
      faults,
      unfinished,
      recorded,
    }: Awaited<ReturnType<typeof join>>) => {
      expect({ bypassed, mismatched, lost, faults }).toEqual({ bypassed: [], mismatched: [], lost: [], faults: [] });
      for (const { auditID, user } of unfinished) {
        expect(recorded.has(auditID)).toBe(false);
        expect(user).toBe('alice@example.com');
      }
      if (hasSpool) expect([...seen].filter((id) => !recorded.has(id))).toEqual([]);
    };

    it.each([
      ['nothing of the answer has reached it', 0],
      ['a part of the answer has reached it', 5000],
    ])('leaves reads unfinished if %s, twice', async (_moment, bytes) => {
      for (let round = 0; round < 2; round += 1) {
        let unfinished: string[] = [];
        let attempt = 0;
        // A machine that is too busy lets the gateway record that the reads take long.
        for (; attempt < 5 && unfinished.length === 0; attempt += 1) {
          await warm();
          const marker = `m${randomUUID()}`;
          line.hold(bytes);
          const reads = Array.from({ length: 5 }, () => read(marker));
          // Those that need a new connection to the API server do not get that far.
          await eventually('the API server to have answered', () => arrived(marker).length > 0);
          await kill();
          const answers = await Promise.all(reads);
          await processes().start('proxy');
          const result = await join();
          expectHeld(result);
          const ids = arrived(marker).map(({ auditID }) => auditID);
          const found = new Set(result.unfinished.map(({ auditID }) => auditID));
          expect(ids.filter((id) => !found.has(id) && !result.recorded.has(id))).toEqual([]);
          unfinished = ids.filter((id) => found.has(id));
          const begun = answers.flatMap((text) => (text === '' ? [] : [idOf(text)]));
          expect(begun.filter((id) => unfinished.includes(id!))).toEqual([]);
        }
        process.stderr.write(`killed-reads: ${unfinished.length} unfinished reads after ${attempt} kills\n`);
        expect(unfinished.length).toBeGreaterThan(0);
      }
    });

    it('answers no read that is not recorded, at any moment of a load', async () => {
      for (const ms of [150, 400, 700, 1000]) {
        await warm();
        const marker = `l${randomUUID()}`;
        let goesOn = true;
        const load = Array.from({ length: 6 }, async () => {
          while (goesOn) await read(marker);
        });
        await eventually('the load', () => arrived(marker).length > 10);
        await pause(ms);
        await kill();
        goesOn = false;
        await Promise.all(load);
        await processes().start('proxy');
        expectHeld(await join());
      }
    });

    it('leaves nothing unfinished if it is stopped in order', async () => {
      const before = (await join()).unfinished.length;
      const marker = `s${randomUUID()}`;
      let goesOn = true;
      const load = Array.from({ length: 6 }, async () => {
        while (goesOn) await read(marker);
      });
      await eventually('the load', () => arrived(marker).length > 10);
      await processes().stop('proxy', 'SIGTERM');
      goesOn = false;
      await Promise.all(load);
      await processes().start('proxy');
      const result = await join();
      expectHeld(result);
      expect(result.unfinished).toHaveLength(before);
      const isEnd = ({ type, data }: AuditRecord) =>
        type === 'audit.reservation' && data.sallyport.reservation?.hashes === undefined;
      expect(gateway.events(isEnd).length).toBeGreaterThan(0);
    });

    it("does not hide a thief of its credential, who knows the IDs in the cluster's log", async () => {
      const { unfinished } = await join();
      const marker = `t${randomUUID()}`;
      const known = unfinished[0]!.auditID;
      const made = `${randomUUID().slice(0, -8)}${known.slice(-8)}`;
      const other = randomUUID();
      for (const id of [made, other, known]) {
        const { status } = await httpRequestOnce(`${bed.cluster.server}${listOf(marker)}`, {
          ca: readFileSync(bed.cluster.caFile, 'utf8'),
          headers: {
            authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
            'impersonate-user': 'alice@example.com',
            'impersonate-group': 'developers',
            'audit-id': id,
          },
        });
        expect(status).toBe(200);
      }
      await eventually('the log of the cluster', () => arrived(marker).length === 3);
      const result = await join();
      expect(result.bypassed.map(({ auditID }) => auditID).toSorted()).toEqual([made, other].toSorted());
      expect(result.mismatched).toMatchObject([{ auditID: known, differs: ['repeated'] }]);
    });
  });
});
