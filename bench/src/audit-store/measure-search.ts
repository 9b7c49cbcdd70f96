import { openStores, type OnlyOf } from '@sallyport/audit';
import { auditQuerySchema } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { rare } from './load-events.ts';

const someone = { issuer: 'https://idp.example.com', subject: 'sub-250' };

/** The searches: what is asked, and whose events are seen. */
const searches: [title: string, query: Record<string, unknown>, only?: OnlyOf][] = [
  ['newest', {}],
  ['newest requests', { view: 'requests' }],
  ['newest requests that are not routine', { view: 'requests', routine: 'omit' }],
  ['user', { user: 'user-3@example.com' }],
  ['user with few events', { user: 'user-299@example.com' }],
  ['user with one event, the oldest', { user: rare.user }],
  ['user who does not exist', { user: rare.missing }],
  ['group', { group: 'team-7' }],
  ['cluster', { cluster: 'cluster-0' }],
  ['cluster, namespace, resource', { cluster: 'cluster-19', namespace: 'team-59', resource: 'secrets' }],
  ['verb', { verb: 'delete' }],
  ['two frequent values that never occur together', { namespace: 'kube-system', verb: 'delete' }],
  ['the same, as requests', { namespace: 'kube-system', verb: 'delete', view: 'requests' }],
  ['refused', { effect: 'deny' }],
  ['code that does not exist', { code: 418 }],
  ['rule', { rule: 'default-deny', cluster: 'cluster-18' }],
  ['elevation', { elevation: 'elevation-49' }],
  ['address', { address: '10.1.249.249' }],
  ['text of a command', { command: 'rm -rf' }],
  ['text of one command, the oldest', { command: rare.command }],
  ['text of a command that does not exist', { command: 'mkfs.ext4' }],
  ['two characters of a command that do not exist', { command: '~~' }],
  ['reason', { reason: 'groups-unauthorized', user: 'user-200@example.com' }],
  ['beginning of a session', { sessionPrefix: '0000', user: rare.user }],
  ['beginning of an Audit-ID', { auditIDPrefix: 'abcd' }],
  ['until two weeks ago', { until: new Date(Date.now() - 14 * 86_400_000 + 12_345_678).toISOString() }],
  ['own events', {}, someone],
  ['own events, oldest first', { order: 'oldest' }, someone],
  ['own events of a person without any', {}, { ...someone, subject: 'nobody' }],
  [
    'events of one cluster and own events',
    { verb: 'delete' },
    { ...someone, and: { clusters: ['cluster-19'], withoutCluster: false } },
  ],
];

export type SearchFigure = { title: string; events: number; firstMs: number; medianMs: number };

/** Runs every search some times, one after the other, through the store that the audit service uses. */
export async function measureSearch(url: string): Promise<SearchFigure[]> {
  const logger = createLogger({ service: 'bench', level: 'warn' });
  const stores = openStores({ postgres: url }, { logger, resolvePath: (file) => file });
  const figures: SearchFigure[] = [];
  await stores.ping();
  for (const [title, query, only] of searches) {
    const times: number[] = [];
    let events = 0;
    for (let run = 0; run < 5; run += 1) {
      const begun = performance.now();
      events = (await stores.events.find(auditQuerySchema.parse(query), only)).events.length;
      times.push(performance.now() - begun);
    }
    const [firstMs, medianMs] = [times[0]!, times.toSorted((one, other) => one - other)[2]!];
    figures.push({ title, events, firstMs, medianMs });
  }
  await stores.close();
  return figures;
}
