import type { AuditEvent, SallyportPart } from '@sallyport/contracts';

type FilledIn = 'kind' | 'apiVersion' | 'level' | 'requestReceivedTimestamp' | 'stageTimestamp';

/** The place in the chain, which the sink fills in when it accepts the event. */
type Place = 'producer' | 'seq' | 'prevHash' | 'hash';

/** The `sallyport` member of an event that has no place in the chain yet. */
export type SallyportDraft = Omit<SallyportPart, Place>;

/**
 * An event without the constant fields and without its place in the chain. The times are optional: they default to the
 * current time.
 */
export type AuditEventDraft = Omit<AuditEvent, FilledIn | 'sallyport'> &
  Partial<Pick<AuditEvent, 'requestReceivedTimestamp' | 'stageTimestamp'>> & { sallyport: SallyportDraft };
