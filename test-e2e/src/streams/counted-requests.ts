import { request as httpsRequest } from 'node:https';
import { expect } from '@jest/globals';
import { eventually, type Gateway } from '../harness/index.ts';
import type { Arrivals } from './api-servers.ts';

type Kind = 'watch' | 'read' | 'write';
/** A request, and what its client got: a status if any, events of a watch, and whether the response was complete. */
export type Sent = {
  kind: Kind;
  id: number;
  status: number;
  /** What a refusal says. */
  reason: string;
  complete: boolean;
  events: number;
  ended: boolean;
};

/** The refusals that tell a client that it may try again. */
const clear = [429, 502, 503, 504];
/** Refusals before a request is sent, because the gateway itself is too busy. They say nothing about the API servers. */
const busy = /"reason":"(?:authorize|audit|sessions)-unavailable"/;
const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'counted-' } });

/** Creates clients of alice, which send requests with a number at the end of their address. */
export async function createCountedRequests(gateway: Gateway, namespace: string) {
  const { token } = await gateway.login('alice@example.com');
  const sent: Sent[] = [];
  const closers: (() => void)[] = [];

  /** Sends a request. Resolves with it at the first event of a watch, or else when its response has ended. */
  function send(kind: Kind): Promise<Sent & { close(): void }> {
    const id = sent.length + 1;
    const query = `${kind === 'watch' ? 'watch=1&' : ''}fieldManager=${id}`;
    const request = httpsRequest(`${gateway.clusterUrl()}/api/v1/namespaces/${namespace}/configmaps?${query}`, {
      method: kind === 'write' ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': 'application/json' },
      ca: gateway.caPem,
      agent: false,
    });
    const close = () => void request.destroy();
    closers.push(close);
    const one = { kind, id, status: 0, reason: '', complete: false, events: 0, ended: false, close };
    sent.push(one);
    return new Promise((resolve) => {
      request.on('response', (response) => {
        one.status = response.statusCode!;
        response.on('error', () => {});
        response.on('data', (bytes: Buffer) => {
          one.events += 1;
          if (one.status >= 400) one.reason += bytes.toString();
          if (kind === 'watch' && one.status === 200) resolve(one);
        });
        response.on('close', () => (one.complete = response.complete));
      });
      request.on('error', () => {});
      request.on('close', () => {
        one.ended = true;
        resolve(one);
      });
      request.end(kind === 'write' ? body : undefined);
    });
  }

  return {
    token,
    send,
    /** Opens enough watches for three connections. */
    openSome: (): Promise<Sent[]> => Promise.all(Array.from({ length: 30 }, () => send('watch'))),
    /** Sends requests of each kind, one after the other, from several clients, and causes faults meanwhile. */
    async during(faults: readonly (() => unknown)[]): Promise<void> {
      let isOver = false;
      const client = async () => {
        while (!isOver) for (const kind of ['watch', 'write', 'read'] as const) (await send(kind)).close();
      };
      const clients = Array.from({ length: 8 }, client);
      for (const fault of [...faults, () => {}]) {
        const before = sent.length;
        await eventually('some requests', () => sent.length > before + 40);
        await fault();
      }
      isOver = true;
      await Promise.all(clients);
    },
    /** Counts what became of the requests and of watches that were opened first, and prints it. */
    async count(title: string, open: readonly Sent[], arrivals: () => (id: number) => Arrivals) {
      const succeeded = ({ status }: Sent) => status === 200 || status === 201;
      await eventually('the servers to report', () => {
        const arrived = arrivals();
        return sent.every((one) => !succeeded(one) || arrived(one.id).took > 0);
      });
      const arrived = arrivals();
      const of = (kind: Kind) => {
        const all = sent.filter((one) => one.kind === kind).map((one) => ({ ...one, ...arrived(one.id) }));
        const number = (test: (one: (typeof all)[number]) => boolean) => all.filter(test).length;
        return {
          sent: all.length,
          once: number(({ took }) => took === 1),
          twice: number(({ took }) => took > 1),
          asked: number(({ refused }) => refused > 0),
          refused: number(({ status, reason }) => clear.includes(status) && !busy.test(reason)),
          busy: number(({ status, reason }) => clear.includes(status) && busy.test(reason)),
          lost: number((one) => !succeeded(one) && !clear.includes(one.status)),
        };
      };
      const counts = { watch: of('watch'), read: of('read'), write: of('write') };
      const cut = open.filter(({ ended }) => ended);
      process.stderr.write(`${title}: ${JSON.stringify({ ...counts, open: open.length, cut: cut.length })}\n`);
      for (const { kind, status, reason } of sent.filter((one) => !succeeded(one))) {
        process.stderr.write(`${title}: a ${kind} got ${status}: ${reason.trim()}\n`);
      }
      expect(counts).toMatchObject({ watch: { lost: 0 }, read: { lost: 0 }, write: { twice: 0, lost: 0 } });
      expect(cut.filter(({ complete }) => complete)).toEqual([]);
      return { ...counts, cut: cut.length };
    },
    close(): void {
      for (const close of closers) close();
    },
  };
}
export type CountedRequests = Awaited<ReturnType<typeof createCountedRequests>>;
