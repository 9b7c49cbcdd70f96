import { openStores } from '@sallyport/audit';
import { createLogger } from '@sallyport/kit';
import pg from 'pg';
import { makeEvent } from './make-events.ts';

const dayMs = 86_400_000;
/** So many different events are made. The others are copies with other ids, times and positions. */
const different = 20_000;

/** Values that only one event has, or none. */
export const rare = { user: 'rare@example.com', command: 'xyzzy-plugh', missing: 'nobody@example.com' };

export type LoadPlan = { url: string; events: number; days: number; log(text: string): void };

/** Returns the statement that adds a day of events to the store: a new partition, whose indexes are built at the end. */
function daySql(name: string, from: string, to: string, first: number, events: number): string {
  const columns =
    'type, source, key, stage, username, issuer, subject, session, cluster, namespace, resource, subresource, name, verb, effect, rule, reasons, address, command, elevation, code, data';
  return `create table audit_events_${name} (like audit_events including defaults including constraints including storage including compression);
    insert into audit_events_${name} (ingest, time, id, audit_id, producer, seq, prev_hash, hash, terms, ${columns})
    select ${first}::bigint + i, '${from}'::timestamptz + i * interval '1 day' / ${events + 1},
      md5('${name}' || i), md5('a${name}' || i / 2), 'sallyport/bench-00000000', ${first} + i, decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 32), 'hex'),
      array(select (((${first}::bigint + i) >> 14) << 32) | (term & 4294967295) from unnest(terms) as term), ${columns}
    from generate_series(1, ${events}) as i join bench_samples on n = (i * 7919::bigint + ${first}) % ${different};
    alter table audit_events attach partition audit_events_${name} for values from ('${from}') to ('${to}');`;
}

/** Fills the store with events, spread over as many days until yesterday. It is to be empty at the beginning. */
export async function loadEvents(plan: LoadPlan): Promise<void> {
  const logger = createLogger({ service: 'bench', level: 'warn' });
  const stores = openStores({ postgres: plan.url }, { logger, resolvePath: (file) => file });
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const start = today - plan.days * dayMs;
  const samples = Array.from({ length: different }, () => makeEvent(start - dayMs));
  for (let at = 0; at < different; at += 1000) await stores.events.add(samples.slice(at, at + 1000));
  const odd = makeEvent(start - dayMs);
  odd.data.user = { username: rare.user };
  odd.data.sallyport.exec = { container: 'main', command: ['sh', '-c', rare.command], tty: false, stdin: false };
  await stores.events.add([odd]);
  const client = new pg.Client({ connectionString: plan.url });
  await client.connect();
  try {
    await client.query(
      `create table bench_samples as select row_number() over (order by ingest) - 1 as n, * from audit_events order by ingest limit ${different}; analyze bench_samples`,
    );
    const perDay = Math.ceil(plan.events / plan.days);
    for (let day = 0; day < plan.days; day += 1) {
      const [from, to] = [0, 1].map((more) => new Date(start + (day + more) * dayMs).toISOString()) as [string, string];
      const first = 32_768 + day * perDay;
      await client.query(daySql(from.slice(0, 10).replaceAll('-', ''), from, to, first, perDay));
      await client.query(`analyze audit_events_${from.slice(0, 10).replaceAll('-', '')}`);
      plan.log(`${day + 1} of ${plan.days} days`);
    }
    await client.query(`insert into audit_blocks (block, part, events, from_time, to_time, last, stored)
      select ingest >> 14, audit_part(time), count(*), min(time), max(time), max(ingest), now() from audit_events
      where ingest >= 32768 group by 1, 2`);
    await client.query(
      `select setval('audit_ingest', (select max(last) + 1 from audit_blocks)); drop table bench_samples`,
    );
    await client.query('vacuum analyze audit_blocks');
  } finally {
    await client.end();
    await stores.close();
  }
}
