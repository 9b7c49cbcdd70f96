import type { ChainPlace, JsonBytes, WritesItself } from '@sallyport/audit-proof';
import type { AuditEvent, AuditEventType, AuditRecord } from '@sallyport/contracts';
import type { AuditEventDraft } from './audit-event-draft.ts';
import { DraftInParts } from './draft-in-parts.ts';
import { sortSallyportPart } from './sort-sallyport-part.ts';

let second = Number.NaN;
let head = '';

/**
 * Formats a time as RFC 3339 with microseconds, like metav1.MicroTime of Kubernetes. `ms` is milliseconds since the
 * epoch and may have a fraction.
 */
export function microTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  // Formatting a Date is slow, and nearly every call is for the same second as the one before.
  if (whole !== second) [second, head] = [whole, new Date(whole * 1000).toISOString().slice(0, -4)];
  return `${head}${String(Math.min(999_999, Math.floor((ms - whole * 1000) * 1000))).padStart(6, '0')}Z`;
}

export type AuditRecordParts<Data = AuditEventDraft> = {
  type: AuditEventType;
  /** `ce_source`, for example `sallyport/proxy`. */
  source: string;
  /** Orders events on Kafka: events with the same key stay in order. See `auditKey`. */
  key: string;
  data: Data;
};

/** Returns the key `<cluster>/<session>`. An unknown part is `-`. */
export function auditKey(cluster: string | undefined, session: string | undefined): string {
  return `${cluster ?? '-'}/${session ?? '-'}`;
}

/** Returns the data of an event, with its members in the order of RFC 8785, because that makes it cheap to seal. */
function toData(draft: AuditEventDraft, time: string): AuditEvent {
  return {
    annotations: draft.annotations,
    apiVersion: 'audit.k8s.io/v1' as const,
    auditID: draft.auditID,
    impersonatedUser: draft.impersonatedUser,
    kind: 'Event' as const,
    level: 'Metadata' as const,
    objectRef: draft.objectRef,
    requestReceivedTimestamp: draft.requestReceivedTimestamp ?? time,
    requestURI: draft.requestURI,
    responseStatus: draft.responseStatus,
    sallyport: sortSallyportPart(draft.sallyport),
    sourceIPs: draft.sourceIPs,
    stage: draft.stage,
    stageTimestamp: draft.stageTimestamp ?? time,
    user: draft.user,
    userAgent: draft.userAgent,
    verb: draft.verb,
  } satisfies Record<keyof AuditEvent, unknown>;
}

/** An event that is written from its parts. Only those who read its data need it as an object. */
class RecordInParts implements AuditRecord, WritesItself {
  readonly id: string;
  readonly type: AuditEventType;
  readonly source: string;
  readonly time: string;
  readonly key: string;
  readonly #draft: DraftInParts;
  #data: AuditEvent | undefined;
  #place: (ChainPlace & { hash: string }) | undefined;

  constructor({ type, source, key }: Omit<AuditRecordParts, 'data'>, draft: DraftInParts, id: string, time: string) {
    [this.id, this.type, this.source, this.time, this.key] = [id, type, source, time, key];
    this.#draft = draft;
  }

  get data(): AuditEvent {
    if (!this.#data) {
      this.#data = toData(this.#draft.whole(), this.time);
      if (this.#place) Object.assign(this.#data.sallyport, this.#place);
    }
    return this.#data;
  }

  /** Once someone has the data, they may have changed it. Then it is written as it is. */
  writeUnhashed(target: JsonBytes, place: ChainPlace): number | undefined {
    return this.#data ? undefined : this.#draft.writeUnhashed(target, place);
  }

  placed(place: ChainPlace & { hash: string }): void {
    this.#place = place;
    if (this.#data) Object.assign(this.#data.sallyport, place);
  }
}

/**
 * Creates an event with its envelope. `randomId` is called once, because the event keeps its id over every retry. `now`
 * returns milliseconds since the epoch.
 */
export function createAuditRecord(
  parts: AuditRecordParts<AuditEventDraft | DraftInParts>,
  deps: { now: () => number; randomId: () => string },
): AuditRecord {
  const time = microTime(deps.now());
  const { type, source, key, data } = parts;
  const id = deps.randomId();
  if (data instanceof DraftInParts) return new RecordInParts(parts, data, id, time);
  return { id, type, source, time, key, data: toData(data, time) };
}
