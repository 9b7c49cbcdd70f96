import type { TrailEvent, Verifier } from '@sallyport/audit-proof';
import type { AuditCheckpoint, AuditRecord } from '@sallyport/contracts';
import { loadGatewayConfig } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { createStoreBeginning, type Keeping, type StoreBeginning } from './store-beginning.ts';
import { readTopic, type ReadTrail, type TrailSource } from './topic-trail.ts';

const second = 1000;
/** Without the configuration, nothing is known of legal holds. */
const unknown: Keeping = { before: -Infinity, holds: [] };

type Store = { url: string; from: string; keeping: Keeping };

/**
 * Returns the URL to use, and how long its events are kept. The URL is never shown, because that of the configuration has a
 * password.
 */
async function storeOf(
  environment: Environment,
  { url, config: named }: { url: string | undefined; config: string | undefined },
): Promise<Store> {
  const load = async () => {
    const { config, file } = await loadGatewayConfig(environment, named);
    const { retention, legalHolds: holds, store } = config.audit;
    return { store, file, keeping: { before: environment.now() - retention, holds } };
  };
  if (url !== undefined) {
    const hint = 'Write it like postgres://auditor@db.example.com/sallyport.';
    if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url))
      throw usageError('the value of --store is not a PostgreSQL URL', hint);
    if (new URL(url).password !== '' || new URL(url).searchParams.has('password'))
      throw usageError(
        'the URL of --store has a password, which every process on this machine can read',
        'Give the password in PGPASSWORD, or in the file that PGPASSFILE names.',
      );
    return { url, from: '--store', keeping: named === undefined ? unknown : (await load()).keeping };
  }
  const { store, file, keeping } = await load();
  if (store && 'postgres' in store) return { url: store.postgres, from: `audit.store in ${file}`, keeping };
  throw usageError(
    `${file} has no audit.store.postgres, and an embedded store can only be read by its audit service`,
    'Verify an export of it: sallyport audit export --out trail.ndjson',
  );
}

/** Returns from when on the trail is there, and why not from its beginning. */
function readTrailOf(beginning: StoreBeginning, keeping: Keeping, forgotten: string | undefined): ReadTrail {
  const cutMs = beginning.since();
  const absent = beginning.absent();
  // Places are not deleted in the exact order of their times.
  const forgottenMs = forgotten === undefined ? undefined : Date.parse(forgotten) + second;
  const since = Math.max(cutMs ?? -Infinity, forgottenMs ?? -Infinity);
  if (since === -Infinity) return { absent };
  const because =
    since === cutMs
      ? keeping === unknown
        ? 'older days are not there. Give --config, so that audit.retention shows which days must be there'
        : 'retention deleted older days'
      : 'there were too many repeated events of anonymous callers to keep';
  return { since: new Date(since).toISOString(), because, absent };
}

/** Reports whether the store may keep only the hash of an event. `data` is not trusted. */
async function createMayBeKept(): Promise<(event: TrailEvent) => boolean> {
  const { anonymousGroup } = await import('../../config/gateway-config.ts');
  return ({ type, data }) => {
    try {
      return anonymousGroup({ type, source: '', key: '', data } as AuditRecord) !== undefined;
    } catch {
      return false;
    }
  };
}

/** Compares what the store keeps only the hash of with the events of the topic. */
async function compareWithTopic(
  environment: Environment,
  config: string | undefined,
  verifier: Verifier,
  onRead: (count: number) => void,
): Promise<void> {
  const mayBeKept = await createMayBeKept();
  await readTopic(environment, config, (events) => {
    for (const event of events) verifier.compare(event, mayBeKept(event));
    onRead(events.length);
  });
}

/** Reads a trail from the database of the audit service, without the service. */
export function storeTrail(
  environment: Environment,
  named: { url: string | undefined; config: string | undefined; compareTopic: boolean },
): TrailSource {
  return async (verifier, onRead) => {
    const { url, from, keeping } = await storeOf(environment, named);
    const { loadStoredTrail } = await import('../../config/gateway-config.ts');
    const { NotAStoreError, openStoredTrail } = await loadStoredTrail();
    const beginning = createStoreBeginning(keeping);
    try {
      const { forgotten } = await openStoredTrail(url, {
        event({ position, ...event }) {
          beginning.event(event);
          verifier.add({ ...event, place: { source: 'audit_events', position } });
        },
        place(place) {
          beginning.place(place.producer, place.seq, place.time);
          verifier.addKept({ ...place, place: { source: 'audit_folded', position: place.seq } });
        },
        repeat({ position, ...event }) {
          beginning.event(event);
          verifier.add({ ...event, place: { source: 'audit_repeats', position } });
        },
        checkpoint(found, position) {
          const checkpoint = typeof found === 'object' && found !== null ? (found as AuditCheckpoint) : {};
          beginning.checkpoint(checkpoint);
          verifier.addAnchored({ checkpoint, place: { source: 'audit_checkpoints', position } });
        },
        read: onRead,
      });
      if (named.compareTopic) await compareWithTopic(environment, named.config, verifier, onRead);
      return readTrailOf(beginning, keeping, forgotten);
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (error instanceof NotAStoreError)
        throw new CliError('failed', `${from} does not name a store that can be verified`, error.message);
      throw new CliError(
        'unreachable',
        `the audit store cannot be read: ${(error as Error).message}`,
        `Check the URL in ${from}, and that its user may read the tables of the store.`,
        { cause: error },
      );
    }
  };
}
