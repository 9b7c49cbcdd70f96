import { generateKeyPairSync } from 'node:crypto';
import type { AuditRecord, ChainHead } from '@sallyport/contracts';
import { createSealer, type Sealer } from '../chain/create-sealer.ts';
import { keyIdOf } from '../checkpoint/key-id.ts';
import { hashCheckpoint, signCheckpoint, type SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import type { AbsentPeriod } from '../verify/absent-times.ts';
import { createVerifier, type VerifierDeps } from '../verify/create-verifier.ts';
import type { TrailReport } from '../verify/trail.ts';

export const [ownKey, foreignKey] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
export const keys = new Map([[keyIdOf(ownKey.publicKey), ownKey.publicKey]]);

/** A trail in one file, as its producers and the audit service write it. */
export type SampleTrail = {
  records: AuditRecord[];
  checkpoints: SignedCheckpoint[];
  /** Adds events of a producer. */
  write(producer: string, count?: number): void;
  /** Adds a checkpoint of everything so far, or of these producers only. */
  attest(producers?: readonly string[]): SignedCheckpoint;
  add(producer: string, type: AuditRecord['type'], part: object): AuditRecord;
  sealer(producer: string): Sealer;
};

export const auditProducer = 'audit/1';

function toRecord(
  index: number,
  type: AuditRecord['type'],
  at: string,
  part: { producer: string } & object,
): AuditRecord {
  return {
    id: `id-${index}`,
    type,
    source: 'sallyport/proxy',
    time: at,
    key: 'dev/s1',
    data: {
      apiVersion: 'audit.k8s.io/v1',
      auditID: `a-${index}`,
      kind: 'Event',
      level: 'Metadata',
      requestReceivedTimestamp: at,
      requestURI: '/api/v1/pods',
      stage: 'ResponseComplete',
      stageTimestamp: at,
      user: { username: 'alice' },
      verb: 'list',
      sallyport: { clientAddress: '10.0.0.1', ...part },
    },
  };
}

/** Creates a trail with a clock that advances by a second for each event. Its heads have no times unless `timed`. */
export function createSampleTrail({ timed = false } = {}): SampleTrail {
  const sealers = new Map<string, Sealer>();
  const attested = new Map<string, number>();
  const records: AuditRecord[] = [];
  const checkpoints: SignedCheckpoint[] = [];
  const sealer = (producer: string): Sealer => {
    const known = sealers.get(producer) ?? createSealer({ producer });
    sealers.set(producer, known);
    return known;
  };
  const time = () => new Date(Date.UTC(2026, 0, 2) + records.length * 1000).toISOString();
  const add = (producer: string, type: AuditRecord['type'], part: object): AuditRecord => {
    const record = toRecord(records.length, type, time(), { producer, ...part });
    sealer(producer).seal(record);
    records.push(record);
    return record;
  };
  return {
    records,
    checkpoints,
    add,
    sealer,
    write(producer, count = 1) {
      for (let index = 0; index < count; index += 1) add(producer, 'k8s.request', {});
    },
    attest(producers = [...sealers.keys()]) {
      const heads: ChainHead[] = [...sealers].flatMap(([producer, { head }]) => {
        const from = (attested.get(producer) ?? 0) + 1;
        if (!head || head.seq < from || !producers.includes(producer)) return [];
        attested.set(producer, head.seq);
        const at = (seq: number) =>
          records.find(({ data: { sallyport } }) => sallyport.producer === producer && sallyport.seq === seq)!.time;
        const times = timed ? { fromTime: at(from), seqTime: at(head.seq) } : {};
        return [{ producer, seq: head.seq, hash: head.hash, from, ...times }];
      });
      const last = checkpoints.at(-1);
      const checkpoint = signCheckpoint(
        {
          number: checkpoints.length + 1,
          time: time(),
          heads,
          ...(last ? { previous: hashCheckpoint(last) } : {}),
        },
        ownKey.privateKey,
      );
      checkpoints.push(checkpoint);
      add(auditProducer, 'audit.checkpoint', { checkpoint });
      return checkpoint;
    },
  };
}

/** Verifies records as the lines of one file. A string is a line that is not an event. */
export function verifyRecords(
  records: readonly (AuditRecord | string)[],
  deps: VerifierDeps & { anchored?: readonly SignedCheckpoint[]; absent?: readonly AbsentPeriod[] } = {},
): TrailReport {
  const { anchored = [], absent = [], ...rest } = deps;
  const verifier = createVerifier(rest);
  for (const [index, record] of records.entries()) {
    const place = { source: 'f', position: index + 1 };
    if (typeof record === 'string') verifier.addUnreadable(record, place, 'it is not JSON');
    else verifier.add({ ...record, place });
  }
  for (const [index, checkpoint] of anchored.entries())
    verifier.addAnchored({ checkpoint, place: { source: 'anchor', position: index + 1 } });
  return verifier.finish({ absent });
}

/** Returns the faults in short: kind, producer, numbers, and the id of the event. */
export const faultsOf = (report: TrailReport): string[] =>
  report.faults.map(({ kind, producer = '-', seq = 0, to, id }) =>
    [kind, producer, to === undefined ? seq : `${seq}-${to}`, ...(id === undefined ? [] : [id])].join(' '),
  );
