import { firstPrevHash, type SignedCheckpoint } from '@sallyport/audit-proof';
import type { AuditCheckpoint } from '@sallyport/contracts';
import type { Row, Statement } from '../database/sql-database.ts';
import type { StoreDatabase } from '../events/store-database.ts';
import { continueIn } from '../stored-trail/continue-checkpoints.ts';
import type { OpenGap, ProofStore, StoredCheckpoint } from './proof-store.ts';

/** How far a head moves. `waits` says that the next event is not there, but a later one is. */
type HeadMove = {
  producer: string;
  head: number;
  seq: number;
  hash: string;
  waits: boolean;
  /** There may be more events than were read. */
  isFull: boolean;
};

/** Follows the chain of each producer from its head, through events that are ordered by producer and number. */
function walkChains(rows: readonly Row[], step: number): HeadMove[] {
  const moves = new Map<string, HeadMove & { read: number }>();
  for (const row of rows) {
    const [producer, head, seq] = [String(row.producer), Number(row.head), Number(row.seq)];
    let move = moves.get(producer);
    if (!move) {
      move = { producer, head, seq: head, hash: String(row.head_hash), waits: false, isFull: false, read: 0 };
      moves.set(producer, move);
    }
    move.read += 1;
    // An event may be stored twice: its place is kept when its content is aggregated.
    if (move.waits || seq <= move.seq) continue;
    if (seq === move.seq + 1 && String(row.prev_hash) === move.hash) [move.seq, move.hash] = [seq, String(row.hash)];
    else move.waits = true;
  }
  return [...moves.values()].map(({ read, ...move }) => ({ ...move, isFull: read === step && !move.waits }));
}

/** How many events of a producer are read at a time. */
const step = 5000;
/** How many checkpoints are looked at after a restore: two weeks of one a minute. */
const mostPublished = 20_000;
const moment = (ms: number) => new Date(ms).toISOString();
const list = (values: readonly unknown[]): [string] => [JSON.stringify(values)];

const newHeads: (producers: readonly string[]) => Statement = (producers) => ({
  sql: `insert into audit_heads (producer, hash) select value, '${firstPrevHash}' from json_array_elements_text($1::json)
    on conflict do nothing`,
  values: list(producers),
});

const placesAfter: (producers: readonly string[]) => Statement = (producers) => ({
  sql: `select heads.producer, heads.seq as head, heads.hash as head_hash, places.seq, places.prev_hash, places.hash
    from audit_heads as heads
    cross join lateral (
      select seq, prev_hash, hash from audit_places
      where audit_places.producer = heads.producer and audit_places.seq > heads.seq order by seq limit ${step}
    ) as places
    where heads.producer in (select value from json_array_elements_text($1::json))
    order by heads.producer, places.seq`,
  values: list(producers),
});

/** Another replica may have moved a head meanwhile. Then its move counts. */
const moveHeads: (moves: readonly object[]) => Statement = (moves) => ({
  sql: `update audit_heads set seq = moved.seq, hash = moved.hash,
      waiting_since = case when not moved.waits then null when moved.seq > moved.head then now() else coalesce(waiting_since, now()) end
    from json_to_recordset($1::json) as moved(producer text, head bigint, seq bigint, hash text, waits boolean)
    where audit_heads.producer = moved.producer and audit_heads.seq = moved.head`,
  values: list(moves),
});

/** Goes from one producer to the next in the index, because there are few producers and many events. */
const listProducers = `with recursive found as (
    (select producer from audit_places where time >= $1 order by producer limit 1)
    union all
    select (select producer from audit_places where time >= $1 and audit_places.producer > found.producer order by producer limit 1)
    from found where found.producer is not null
  )
  select producer from found where producer is not null`;

const claimGaps: (before: number, now: number) => Statement = (before, now) => ({
  sql: `with claimed as (
      update audit_heads set waiting_since = $2 where waiting_since <= $1 returning producer, seq
    )
    select claimed.producer, claimed.seq as head, next.seq, next.prev_hash from claimed
    cross join lateral (
      select seq, prev_hash from audit_places
      where audit_places.producer = claimed.producer and audit_places.seq > claimed.seq order by seq limit 1
    ) as next`,
  values: [moment(before), moment(now)],
});

const addCheckpoint: (stored: StoredCheckpoint, now: number) => Statement[] = ({ checkpoint, hash }, now) => [
  {
    sql: `insert into audit_checkpoints (key_id, number, previous, hash, checkpoint, claimed) values ($1, $2, $3, $4, $5, $6)`,
    values: [
      checkpoint.keyId,
      checkpoint.number,
      checkpoint.previous ?? '',
      hash,
      JSON.stringify(checkpoint),
      moment(now),
    ],
  },
  {
    sql: `update audit_heads set first = attested.seq + 1
      from json_to_recordset($1::json) as attested(producer text, seq bigint, "from" bigint)
      where audit_heads.producer = attested.producer and audit_heads.first = attested."from"`,
    values: list(checkpoint.heads),
  },
];

function toStored({ checkpoint, hash }: Row): StoredCheckpoint {
  return { checkpoint: JSON.parse(String(checkpoint)) as SignedCheckpoint, hash: String(hash) };
}

function toGap({ producer, head, seq, prev_hash: prevHash }: Row): OpenGap {
  const [from, to] = [Number(head) + 1, Number(seq) - 1];
  // The next event is there, so it does not continue the chain.
  const isBroken = to < from;
  return { producer: String(producer), from, to: isBroken ? from : to, prevHash: String(prevHash), isBroken };
}

/** Whether the event of a head is the one with which a producer ends. Only services write events of this type. */
const isClosing = `exists (select from audit_events where audit_events.producer = audit_heads.producer
  and audit_events.seq = audit_heads.seq and type = 'audit.checkpoint'
  and strpos(data, '"checkpoint":{"closing":true') > 0)`;

/** When an event happened, of a head's chain. There is nothing if its place was deleted. */
const timeOf = (number: string) => `(select to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  from audit_places where audit_places.producer = audit_heads.producer and audit_places.seq = audit_heads.${number} limit 1)`;

type Query = (sql: string, values?: unknown[]) => Promise<Row[]>;
type OfHeads = 'advance' | 'producersSince' | 'claimGaps' | 'closeGap' | 'unattested';
type OfStart = 'isNew' | 'continueFrom' | 'publishedSince';

function createHeads(database: StoreDatabase, query: Query): Pick<ProofStore, OfHeads> {
  return {
    advance: (producers) =>
      database.using(async () => {
        if (producers.length === 0) return;
        await database.query(newHeads(producers));
        for (let left = producers; left.length > 0;) {
          const moves = walkChains(await database.query(placesAfter(left)), step);
          if (moves.length > 0) await database.query(moveHeads(moves));
          left = moves.filter(({ isFull }) => isFull).map(({ producer }) => producer);
        }
      }),
    producersSince: async (since) =>
      (await query(listProducers, [moment(since)])).map(({ producer }) => String(producer)),
    claimGaps: (before, now) => database.using(async () => (await database.query(claimGaps(before, now))).map(toGap)),
    async closeGap({ producer, from, to, prevHash, isBroken }) {
      // After a broken link, the chain goes on from what the next event names.
      const seq = isBroken ? from - 1 : to;
      await query(
        `update audit_heads set seq = $2::bigint, hash = $3, first = $2::bigint + 1, waiting_since = null where producer = $1 and seq = $4`,
        [producer, seq, prevHash, from - 1],
      );
    },
    unattested: async (limit) =>
      (
        await query(
          `select producer, seq, hash, first, ${isClosing} as closed, ${timeOf('first')} as from_time, ${timeOf('seq')} as seq_time from audit_heads where seq >= first order by producer limit $1`,
          [limit],
        )
      ).map(({ producer, seq, hash, first, closed, from_time: fromTime, seq_time: seqTime }) => ({
        producer: String(producer),
        seq: Number(seq),
        hash: String(hash),
        from: Number(first),
        ...(typeof fromTime === 'string' && typeof seqTime === 'string' ? { fromTime, seqTime } : {}),
        ...(closed === true ? { closed: true } : {}),
      })),
  };
}

function createCheckpoints(database: StoreDatabase, query: Query): Omit<ProofStore, OfHeads | OfStart> {
  return {
    async latest(keyId) {
      const [last] = await query('select checkpoint, hash from audit_checkpoints order by place desc limit 1');
      const [row] = await query('select coalesce(max(number), 0) as number from audit_checkpoints where key_id = $1', [
        keyId,
      ]);
      return { last: last && toStored(last), number: Number(row?.number ?? 0) };
    },
    addCheckpoint: (stored, now) =>
      database.using(async () => {
        try {
          await database.transaction(addCheckpoint(stored, now));
          return true;
        } catch (error) {
          if ((error as { code?: unknown }).code === '23505') return false;
          throw error;
        }
      }),
    async markPublished(keyId, number) {
      await query('update audit_checkpoints set published = true where key_id = $1 and number = $2', [keyId, number]);
    },
    async markAnchored(hashes) {
      await query(
        'update audit_checkpoints set anchored = true where hash in (select value from json_array_elements_text($1::json))',
        list(hashes),
      );
    },
    claimUnpublished: async (before, now) =>
      (
        await query(
          'update audit_checkpoints set claimed = $2 where not published and claimed <= $1 returning checkpoint, hash, place',
          [moment(before), moment(now)],
        )
      )
        .toSorted((one, other) => Number(one.place) - Number(other.place))
        .map(toStored),
    unanchored: async (limit) =>
      (
        await query('select checkpoint, hash from audit_checkpoints where not anchored order by place limit $1', [
          limit,
        ])
      ).map(toStored),
    async forget(before) {
      await query(
        'delete from audit_checkpoints where claimed < $1 and published and place < (select max(place) from audit_checkpoints)',
        [moment(before)],
      );
    },
  };
}

/** Creates the store of the proof, next to the events. Reads their places in the chains from the view `audit_places`. */
export function createSqlProofStore(database: StoreDatabase): ProofStore {
  const query: Query = (sql, values = []) => database.using(() => database.query({ sql, values }));
  return {
    async isNew() {
      const [row] = await query(
        'select not exists (select from audit_heads) and not exists (select from audit_checkpoints) as new',
      );
      return row?.new === true;
    },
    continueFrom: (carried) => database.using(async () => void (await continueIn(database, carried))),
    async publishedSince(time) {
      const rows = await query(
        `select data from audit_events where type = 'audit.checkpoint' and time >= $1 order by time desc, ingest desc limit ${mostPublished}`,
        [time ?? '-infinity'],
      );
      return rows.toReversed().flatMap(({ data }) => {
        const { sallyport } = JSON.parse(String(data)) as { sallyport: { checkpoint?: AuditCheckpoint } };
        return sallyport.checkpoint ? [sallyport.checkpoint] : [];
      });
    },
    ...createHeads(database, query),
    ...createCheckpoints(database, query),
  };
}
