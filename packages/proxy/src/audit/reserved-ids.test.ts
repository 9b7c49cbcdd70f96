import { describe, expect, it } from '@jest/globals';
import { laterSuffix, reservationId, reservedForMs, reservedHash, type AuditRecord } from '@sallyport/contracts';
import { createReservedIds } from './reserved-ids.ts';

function start({ keeps = false }: { keeps?: boolean } = {}) {
  const recorded: { record: AuditRecord; resolve(): void; reject(error: Error): void }[] = [];
  const enqueued: AuditRecord[] = [];
  const time = { now: 0 };
  const wait = (record: AuditRecord) =>
    new Promise<void>((resolve, reject) => {
      recorded.push({ record, resolve, reject });
    });
  const refused = () => Promise.reject(new Error('not asked'));
  const ids = createReservedIds({
    sink: {
      publish: keeps ? refused : wait,
      ...(keeps ? { keep: wait } : {}),
      enqueue: (record) => void enqueued.push(record),
    },
    clock: () => time.now,
    createRecord: (about) => about as unknown as AuditRecord,
  });
  const settled = async (index: number, how: 'resolve' | 'reject') => {
    recorded[index]![how](new Error('down'));
    await new Promise((resolve) => setImmediate(resolve));
  };
  const partOf = (index: number) => recorded[index]!.record.data.sallyport.reservation!;
  return { ids, recorded, enqueued, time, settled, partOf };
}

const take = (ids: ReturnType<typeof createReservedIds>, count: number, cluster = 'dev') =>
  Array.from({ length: count }, () => ids.take(cluster));

describe.each([{ keeps: false }, { keeps: true }])('reserved IDs, with a spool: $keeps', (how) => {
  it('are used once each, and only when their reservation is recorded', async () => {
    const { ids, recorded, settled, partOf } = start(how);
    expect(take(ids, 3)).toEqual([undefined, undefined, undefined]);
    expect(recorded).toHaveLength(1);
    await settled(0, 'resolve');
    const taken = take(ids, 256) as string[];
    expect(new Set(taken).size).toBe(256);
    const { suffix, hashes } = partOf(0);
    expect(hashes).toHaveLength(256 * 16);
    for (const id of taken) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(id.endsWith(suffix)).toBe(true);
      expect(hashes!.indexOf(reservedHash(id)) % 16).toBe(0);
    }
    expect(recorded[0]!.record).toMatchObject({
      type: 'audit.reservation',
      key: 'dev/-',
      data: { auditID: reservationId(suffix), sallyport: { cluster: { id: 'dev', name: 'dev' } } },
    });
  });

  it('are reserved ahead, so that none are lacking while the next are recorded', async () => {
    const { ids, recorded, settled, partOf } = start(how);
    take(ids, 1);
    await settled(0, 'resolve');
    take(ids, 1);
    expect(recorded).toHaveLength(2);
    await settled(1, 'resolve');
    expect(take(ids, 255 + 256)).not.toContain(undefined);
    expect(recorded).toHaveLength(3);
    expect([1, 2].map((index) => partOf(index).suffix)).toEqual([1, 2].map((by) => laterSuffix(partOf(0).suffix, by)));
    await settled(2, 'resolve');
    expect(ids.take('dev')).toMatch(new RegExp(`${partOf(2).suffix}$`));
  });

  it('are of one cluster', async () => {
    const { ids, recorded, settled, partOf } = start(how);
    take(ids, 1, 'dev');
    take(ids, 1, 'prod');
    await settled(1, 'resolve');
    expect(ids.take('dev')).toBeUndefined();
    expect(ids.take('prod')).toMatch(new RegExp(`${partOf(1).suffix}$`));
    expect(recorded[1]!.record.data.sallyport.cluster!.name).toBe('prod');
  });

  it('that could not be recorded are tried again with the same event, one at a time, and are not used before', async () => {
    const { ids, recorded, settled } = start(how);
    take(ids, 3);
    await settled(0, 'reject');
    expect(take(ids, 3)).toEqual([undefined, undefined, undefined]);
    expect(recorded).toHaveLength(2);
    expect(recorded[1]!.record).toBe(recorded[0]!.record);
    await settled(1, 'resolve');
    expect(ids.take('dev')).toBeDefined();
  });

  it('end with their hour, and are renewed before where requests are few', async () => {
    const { ids, recorded, time, settled, partOf } = start(how);
    take(ids, 1);
    await settled(0, 'resolve');
    take(ids, 1);
    await settled(1, 'resolve');
    time.now = reservedForMs / 2;
    expect(ids.take('dev')).toMatch(new RegExp(`${partOf(0).suffix}$`));
    expect(recorded).toHaveLength(3);
    await settled(2, 'resolve');
    time.now = reservedForMs;
    expect(ids.take('dev')).toMatch(new RegExp(`${partOf(2).suffix}$`));
    time.now = 3 * reservedForMs;
    expect(ids.take('dev')).toBeUndefined();
  });

  it('are given back at the end of the process, by the next number and no hashes', async () => {
    const { ids, enqueued, settled, partOf } = start(how);
    ids.release();
    expect(enqueued).toEqual([]);
    take(ids, 1);
    await settled(0, 'resolve');
    ids.release();
    const suffix = laterSuffix(partOf(0).suffix, 1);
    expect(enqueued).toMatchObject([
      { type: 'audit.reservation', data: { auditID: reservationId(suffix), sallyport: { reservation: { suffix } } } },
    ]);
    expect(enqueued[0]!.data.sallyport.reservation!.hashes).toBeUndefined();
  });
});
