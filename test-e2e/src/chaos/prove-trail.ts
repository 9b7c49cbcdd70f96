import type { AuditEvent } from '@sallyport/contracts';
import pg from 'pg';
import {
  clusterEvents,
  eventually,
  readWholeTopic,
  verifyChains,
  type ChainReport,
  type TopicMessage,
} from '../harness/index.ts';
import type { ResilienceRig } from '../resilience/resilience-fixture.ts';
import { joinLogs, type LogJoin } from './join-logs.ts';
import { loadKinds, type ChaosLoad, type LoadKind } from './chaos-load.ts';

/** What the topic, the store and the API server's own log say about a run. */
export type TrailProof = {
  /** Audit-Ids of successful responses of which no event is on the topic. */
  unaudited: Record<LoadKind, string[]>;
  join: LogJoin;
  writes: { inCluster: number; /** Those without an event of ours. */ unknown: string[] };
  topic: { messages: number; events: number } & ChainReport;
  store: { rows: number; events: number; missing: string[] };
};

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Compares the answers of the clients with everything that a run left behind. */
export async function proveTrail(
  { bed, gateway }: ResilienceRig,
  answers: ChaosLoad['answers'],
  window: { from: number; to: number },
): Promise<TrailProof> {
  const messages = await readWholeTopic(gateway.kafka!);
  const ids = new Set(messages.map(({ headers }) => headers['ce_id']!));
  return {
    ...(await compareAnswers(messages, answers, bed.cluster.auditLogFile, window)),
    topic: { messages: messages.length, events: ids.size, ...verifyChains(messages) },
    store: await compareStore(gateway.postgres!.url, ids),
  };
}

/** Compares the answers of the clients, and the API server's own log, with the events of a trail. */
export async function compareAnswers(
  messages: readonly Pick<TopicMessage, 'headers' | 'value'>[],
  answers: ChaosLoad['answers'],
  clusterLog: string,
  window: { from: number; to: number },
): Promise<Pick<TrailProof, 'unaudited' | 'join' | 'writes'>> {
  const recorded = new Set(
    messages
      .filter(({ headers }) => headers['ce_type'] === 'k8s.request')
      .map(({ value }) => (JSON.parse(value) as AuditEvent).auditID),
  );
  const unaudited = Object.fromEntries(
    loadKinds.map((kind) => [kind, answers[kind].acknowledged.filter((id) => !recorded.has(id))]),
  ) as TrailProof['unaudited'];
  const writes = clusterEvents(clusterLog).filter(
    ({ impersonatedUser, verb }) => impersonatedUser !== undefined && writing.has(verb),
  );
  const inCluster = new Set(writes.map(({ auditID }) => auditID));
  return {
    unaudited,
    join: await joinLogs(messages, clusterLog, window),
    writes: { inCluster: inCluster.size, unknown: [...inCluster].filter((id) => !recorded.has(id)) },
  };
}

/** Waits until the audit service has stored what is on the topic. The comparison says what a store that lags lacks. */
async function compareStore(url: string, ids: ReadonlySet<string>): Promise<TrailProof['store']> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let stored: string[] = [];
    const missing = () => {
      const has = new Set(stored);
      return [...ids].filter((id) => !has.has(id));
    };
    await eventually('the audit service to store every event', async () => {
      const { rows } = await client.query<{ id: string }>('select id from audit_events');
      stored = rows.map(({ id }) => id);
      return missing().length === 0;
    }).catch(() => {});
    return { rows: stored.length, events: new Set(stored).size, missing: missing() };
  } finally {
    await client.end();
  }
}
