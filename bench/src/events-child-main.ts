// Builds and delivers the events of requests, and reports the CPU time of this process for each event. The modules are
// those of the tree that it is given, so that two trees can be compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as AuditLog from '@sallyport/audit-log';
import type { AuditSink } from '@sallyport/audit-log';
import type * as Kit from '@sallyport/kit';
import { createMakeExchange } from './events/make-exchange.ts';
import type { EventsRequest } from './events/event-parts.ts';

type Step = (exchange: object) => Promise<void> | void;
type Trail = { commit: Step; closed: Step; written: Step | undefined };
type ProxyAudit = { createAuditTrail(deps: object): Trail };
type Kubernetes = {
  parseRequestTarget(target: string): { ok: boolean };
  readRequestInfo(request: object): unknown;
};

const [{ tree, part, brokers, events, warmUp }] = (await once(process, 'message')) as [EventsRequest];
const load = <T>(file: string) => import(pathToFileURL(path.join(tree, 'packages', file)).href) as Promise<T>;
const auditLog = await load<typeof AuditLog>('audit-log/dist/index.js');
const { createLogger } = await load<typeof Kit>('kit/dist/index.js');
const { parseRequestTarget, readRequestInfo } = await load<Kubernetes>('kubernetes/dist/index.js');
const { createAuditTrail } = await load<ProxyAudit>('proxy/dist/audit/audit-trail.js');

const logger = createLogger({ service: 'proxy', level: 'warn' });
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-events-'));

async function openSink(): Promise<AuditSink> {
  if (part === 'exchange' || part === 'record')
    return {
      publish: async () => undefined,
      enqueue: () => undefined,
      hasRoom: () => true,
      ping: async () => undefined,
      close: async () => undefined,
    };
  const deps = { service: 'proxy', logger, now: Date.now };
  const isSpooled = part.endsWith('spool');
  // Without a broker, every batch is acknowledged as soon as it is encoded.
  const nowhere = { send: async () => undefined, ping: async () => undefined, close: async () => undefined };
  return auditLog.openAuditSink(
    {
      kafka: { brokers: brokers ?? ['127.0.0.1:1'], topic: `bench-events-${process.pid}` },
      ...(isSpooled ? { spool: { dir: directory, maxBytes: 512 * 1024 * 1024 } } : {}),
    } as never,
    { ...deps, ...(part.startsWith('kafka') ? {} : { sender: nowhere }) } as never,
  );
}

const sink = await openSink();
const ids = { now: Date.now, randomId: auditLog.createIdSource({ now: Date.now }) };
const trail = createAuditTrail({
  sink,
  settings: {
    execCommand: 'clear',
    omitStages: [],
    whenUnavailable: { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' },
  },
  hashKey: Buffer.from('k'),
  microTime: auditLog.microTime,
  ...ids,
  createRecord: (about: never) => auditLog.createAuditRecord(about, ids),
});
const makeExchange = createMakeExchange((method, target) => readRequestInfo({ method, ...parseRequestTarget(target) }));
const atOnce = 32;

/** Takes as many requests at once as a busy gateway, in turns of the event loop, and lets each end in a later turn. */
async function emit(count: number): Promise<void> {
  for (let made = 0; made < count; made += 2 * atOnce) {
    const exchanges = Array.from({ length: atOnce }, makeExchange);
    if (part === 'exchange') {
      await setImmediate();
      await setImmediate();
      continue;
    }
    for (const exchange of exchanges) void trail.commit(exchange);
    await setImmediate();
    const waiting = trail.written && exchanges.map((exchange) => trail.written!(exchange));
    if (waiting) await Promise.all(waiting.map((one) => Promise.resolve(one)));
    else await setImmediate();
    for (const exchange of exchanges) void trail.closed(exchange);
    while (!sink.hasRoom()) await pause(1);
  }
}

await sink.ping().catch(() => undefined);
await emit(warmUp);
await pause(300);
const before = process.cpuUsage();
await emit(events);
// What an event leaves for later counts as its own.
await pause(300);
const { user, system } = process.cpuUsage(before);
await sink.close();
rmSync(directory, { recursive: true, force: true });
process.send!({ micros: (user + system) / events });
process.disconnect();
