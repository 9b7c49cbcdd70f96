import { randomBytes, randomUUID } from 'node:crypto';
import { laterSuffix, reservationId, reservedForMs, reservedHash, type AuditRecord } from '@sallyport/contracts';
import { auditKey, type AuditEventDraft, type AuditSink } from '@sallyport/audit-log';

/** Audit IDs that the trail names before they are used, so that a request whose event is lost is known as the gateway's. */
export type ReservedIds = {
  /** Returns an ID for a request to a cluster, or undefined if none is recorded yet. Never waits. */
  take(cluster: string): string | undefined;
  /** Records that no more IDs are used. To be called when all requests have ended and are recorded. */
  release(): void;
};

type ReservedIdsDeps = {
  sink: Pick<AuditSink, 'publish' | 'keep' | 'enqueue'>;
  /** Milliseconds of the monotonic clock. */
  clock: () => number;
  createRecord(about: { type: 'audit.reservation'; source: string; key: string; data: AuditEventDraft }): AuditRecord;
};

/** How many IDs a reservation has. An ID then costs a hundredth of what an event costs. */
const count = 256;
/** Where requests are few, new IDs are reserved after this time, so that none are lacking when the old ones end. */
const renewMs = reservedForMs / 2;

type Reservation = { ids: string[]; at: number };

/** The IDs for one cluster. Two reservations are kept, so that one can be recorded while the other is used. */
class Pool {
  readonly #deps: ReservedIdsDeps;
  readonly #cluster: string;
  readonly #first = randomBytes(4).toString('hex');
  #made = 0;
  #ready: Reservation[] = [];
  /** The one that is being recorded. If that fails, it is tried again with the same event, which is then sent once. */
  #next: (Reservation & { record: AuditRecord; isRunning: boolean }) | undefined;

  constructor(deps: ReservedIdsDeps, cluster: string) {
    this.#deps = deps;
    this.#cluster = cluster;
  }

  take(): string | undefined {
    const now = this.#deps.clock();
    while (this.#ready[0] && (this.#ready[0].ids.length === 0 || now - this.#ready[0].at >= reservedForMs))
      this.#ready.shift();
    const last = this.#ready.at(-1);
    if (this.#ready.length < 2 || now - last!.at >= renewMs) this.#reserve(now);
    return this.#ready[0]?.ids.pop();
  }

  #record(suffix: string, hashes: string | undefined): AuditRecord {
    const name = this.#cluster;
    return this.#deps.createRecord({
      type: 'audit.reservation',
      source: 'sallyport/proxy',
      key: auditKey(name, undefined),
      data: {
        auditID: reservationId(suffix),
        stage: 'ResponseComplete',
        requestURI: '',
        verb: hashes === undefined ? 'release' : 'reserve',
        user: {},
        sallyport: { cluster: { id: name, name }, reservation: { hashes, suffix } },
      },
    });
  }

  #nextSuffix(): string {
    return laterSuffix(this.#first, this.#made++);
  }

  #reserve(now: number): void {
    if (this.#next?.isRunning) return;
    if (!this.#next || now - this.#next.at >= renewMs) {
      const suffix = this.#nextSuffix();
      const ids = Array.from({ length: count }, () => randomUUID().slice(0, -suffix.length) + suffix);
      const record = this.#record(suffix, ids.map(reservedHash).join(''));
      this.#next = { ids, at: now, record, isRunning: false };
    }
    const coming = this.#next;
    const { sink } = this.#deps;
    coming.isRunning = true;
    (sink.keep?.(coming.record) ?? sink.publish(coming.record)).then(
      () => {
        this.#ready.push(coming);
        this.#next = undefined;
      },
      () => {
        coming.isRunning = false;
      },
    );
  }

  release(): void {
    this.#deps.sink.enqueue(this.#record(this.#nextSuffix(), undefined));
  }
}

/** Creates the reserved IDs of this process. Each cluster has its own, from its first request on. */
export function createReservedIds(deps: ReservedIdsDeps): ReservedIds {
  const pools = new Map<string, Pool>();
  return {
    take(cluster) {
      let pool = pools.get(cluster);
      if (!pool) pools.set(cluster, (pool = new Pool(deps, cluster)));
      return pool.take();
    },
    release() {
      for (const pool of pools.values()) pool.release();
      pools.clear();
    },
  };
}
