import { recordBeforeEffect, type AuditEventDraft, type AuditSink } from '@sallyport/audit-log';
import type { AuditConfig, AuditRecord, SallyportPart } from '@sallyport/contracts';
import type { RecorderOptions } from '@sallyport/recordings';

/** What every event of a recording says of its session. */
export type RecordedSession = { key: string; data: AuditEventDraft };

type RecordingPart = NonNullable<SallyportPart['recording']>;
type RecordingEventType = 'recording.started' | 'recording.part' | 'recording.gap' | 'recording.finished';

export type RecordingEventsDeps = {
  sink: Pick<AuditSink, 'publish' | 'keep' | 'enqueue'>;
  createRecord(about: { type: RecordingEventType; source: string; key: string; data: AuditEventDraft }): AuditRecord;
  /** The time of day, as events have it. */
  time(): string;
};

const createRecordOf =
  ({ createRecord, time }: RecordingEventsDeps) =>
  (type: RecordingEventType, { key, data }: RecordedSession, recording: RecordingPart): AuditRecord =>
    createRecord({
      type,
      source: 'sallyport/proxy',
      key,
      data: { ...data, stageTimestamp: time(), sallyport: { ...data.sallyport, recording } },
    });

/** Records what happens to recordings while their sessions are open. */
export type RecordingEvents = {
  /** Resolves when the log has acknowledged it as it must before a shell begins. */
  started(session: RecordedSession, recording: RecordingPart): Promise<void>;
  gap(session: RecordedSession, recording: RecordingPart): void;
};

/** Creates what records the beginnings and the gaps of recordings. */
export function createRecordingEvents(
  deps: RecordingEventsDeps,
  whenExec: AuditConfig['whenUnavailable']['exec'],
): RecordingEvents {
  const { sink } = deps;
  const recordOf = createRecordOf(deps);
  return {
    started(session, recording) {
      const record = recordOf('recording.started', session, recording);
      return whenExec === 'refuse' ? sink.publish(record) : recordBeforeEffect(sink, record);
    },
    gap: (session, recording) => void sink.enqueue(recordOf('recording.gap', session, recording)),
  };
}

/**
 * Returns what a recorder keeps of a session, in clear on the disk, for events to come: who and where, but not what was
 * run. The event of the beginning says that.
 */
export function noteOf({ key, data }: RecordedSession): RecordedSession {
  const { exec: _command, request: _request, ...sallyport } = data.sallyport;
  return { key, data: { ...data, sallyport } };
}

/** Creates what records the parts and the ends of recordings, also of those that a process before this one has left. */
export function createPublishRecordings(deps: RecordingEventsDeps): RecorderOptions['publish'] {
  const recordOf = createRecordOf(deps);
  // One that was not acknowledged in time may be delivered all the same. The same event again is sent once.
  const waiting = new Map<string, AuditRecord>();
  const publish = async (name: string, create: () => AuditRecord) => {
    const record = waiting.get(name) ?? create();
    waiting.set(name, record);
    await recordBeforeEffect(deps.sink, record);
    waiting.delete(name);
  };
  return {
    part: ({ id, note }, { part, files }) =>
      publish(`${id}/${part}`, () => recordOf('recording.part', note as RecordedSession, { id, part, files })),
    finished: ({ id, note }, finished) =>
      publish(id, () => recordOf('recording.finished', note as RecordedSession, { id, ...finished })),
  };
}
