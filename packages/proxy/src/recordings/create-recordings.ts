import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RecordingsConfig } from '@sallyport/contracts';
import { ProblemError, type Logger, type Metrics } from '@sallyport/kit';
import type { Recorder, RecordingHead } from '@sallyport/recordings';
import { Counter, Gauge } from 'prom-client';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { noteOf, type RecordingEvents } from '../audit/recording-events.ts';
import type { Allowed, ClusterExchange, OpenStream, Step, StreamEnd } from '../exchange/exchange.ts';
import type { LiveSessions } from './live-sessions.ts';
import { notRecordable, offerReadable, sessionKind } from './recordable.ts';
import { RecordedSession } from './record-session.ts';
import { reasonOf } from './session-loss.ts';

/** The steps of the road that are about recordings. */
export type Recordings = {
  /** Refuses what must be recorded and cannot be. */
  refuseUnrecordable: Step<Allowed<ClusterExchange>>;
  /** Begins the recording of a session, with its event. Nothing of the session has gone upstream yet. */
  begin: Step<Allowed<ClusterExchange>>;
  /** Waits until all recordings are finished, but not longer than `ms`. All sessions must be over. */
  settle(ms: number): Promise<void>;
};

type RecordingsDeps = {
  /** Without it nothing can be recorded. */
  recorder: Recorder | undefined;
  events: RecordingEvents;
  settings: Pick<RecordingsConfig, 'recipients' | 'input'>;
  trail: Pick<AuditTrail, 'session'>;
  cut(stream: OpenStream, end: StreamEnd): void;
  live: Pick<LiveSessions, 'open'>;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
};

function createRecordingMetrics(metrics: Metrics, recorder: Recorder | undefined) {
  const registers = [metrics];
  if (recorder) {
    const gauge = (name: string, help: string, read: (status: ReturnType<Recorder['status']>) => number) => {
      const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read(recorder.status())) });
    };
    gauge('sallyport_recordings_open', 'Sessions that are being recorded.', ({ open }) => open);
    gauge('sallyport_recordings_disk_bytes', 'Bytes of recordings on the disk.', ({ diskBytes }) => diskBytes);
    gauge(
      'sallyport_recordings_waiting_bytes',
      'Bytes of recordings that are not in their store yet.',
      ({ waitingBytes }) => waitingBytes,
    );
    gauge(
      'sallyport_recordings_oldest_waiting_seconds',
      'How long the oldest of them has waited.',
      ({ oldestWaitingMs }) => oldestWaitingMs / 1000,
    );
  }
  return new Counter({
    name: 'sallyport_recordings_failures_total',
    help: 'Sessions that could not be recorded, or not to their end.',
    registers,
  });
}

function headOf(
  exchange: Allowed<ClusterExchange>,
  about: Pick<RecordingHead, 'id' | 'demand' | 'input' | 'start'>,
): RecordingHead {
  const { asked, answer, auditId, stream, upstream } = exchange;
  const exec = asked.exec ?? asked.kubelet?.exec;
  return {
    ...about,
    auditId,
    ...(stream && { stream: stream.id }),
    kind: sessionKind(asked)!,
    cluster: upstream.name,
    namespace: asked.namespace,
    name: asked.name,
    ...(exec && { container: exec.container, command: exec.command, tty: exec.tty }),
    user: answer.identity?.user ?? '',
    ...(answer.session && { sessionId: answer.session.id }),
  };
}

/** Creates what records sessions. */
export function createRecordings(deps: RecordingsDeps): Recordings {
  const { recorder, events, trail, logger, now } = deps;
  const { recipients, input } = deps.settings;
  const failures = createRecordingMetrics(deps.metrics, recorder);
  const finishing = new Set<Promise<void>>();
  const time = () => new Date(now()).toISOString();
  const create = (exchange: Allowed<ClusterExchange>, demand: 'optional' | 'required') => {
    const id = randomUUID();
    const session = trail.session(exchange);
    const created = new RecordedSession({
      id,
      exchange,
      demand,
      input,
      live: deps.live.open(exchange.stream?.id),
      time,
      failed(error) {
        failures.inc();
        logger.warn({ err: error, recording: id, auditId: exchange.auditId }, 'a session is not recorded any more');
      },
      gap: (gap) => events.gap(session, { id, ...gap }),
      cut: (end) => exchange.stream && deps.cut(exchange.stream, end),
      finishing(finished) {
        const settled: Promise<void> = finished
          .catch((error: unknown) => logger.warn({ err: error, recording: id }, 'a recording was not finished'))
          .finally(() => finishing.delete(settled));
        finishing.add(settled);
      },
    });
    exchange.recording = created;
    return { created, session };
  };
  const start = async (exchange: Allowed<ClusterExchange>, demand: 'optional' | 'required') => {
    const { created, session } = create(exchange, demand);
    const { id } = created;
    if (!recorder) return created.cannotRecord('this gateway has no place for recordings');
    try {
      const head = headOf(exchange, { id, demand, input, start: time() });
      created.begun(await recorder.begin(head, noteOf(session), created.hooks));
    } catch (error) {
      failures.inc();
      logger.warn({ err: error, recording: id, auditId: exchange.auditId }, 'a session cannot be recorded');
      return created.cannotRecord(reasonOf(error));
    }
    await events.started(session, { id, demand, recipients });
  };
  return {
    refuseUnrecordable(exchange) {
      if (exchange.answer.recording !== 'required') return;
      const reason = notRecordable(exchange);
      if (reason !== undefined)
        throw new ProblemError('not-recordable', `This must be recorded, and cannot be: ${reason}.`);
    },
    begin(exchange) {
      const demand = exchange.answer.recording;
      if (demand === undefined || sessionKind(exchange.asked) === undefined) return undefined;
      const reason = notRecordable(exchange);
      if (reason === undefined) {
        offerReadable(exchange);
        return start(exchange, demand);
      }
      create(exchange, demand).created.cannotRead(reason);
      return undefined;
    },
    async settle(ms) {
      await Promise.race([Promise.all(finishing), pause(ms, undefined, { ref: false })]);
    },
  };
}
