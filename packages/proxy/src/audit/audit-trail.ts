import type { AuditConfig, AuditEvent, AuditRecord, AuditStage, SallyportPart } from '@sallyport/contracts';
import { auditKey, type AuditSink } from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import { isSecretRead, isWrite, shellEquivalent, type RequestInfo } from '@sallyport/kubernetes';
import { describeEvent } from './describe-event.ts';
import { fitsEvent } from './describe-request.ts';
import { createExecCommandText } from './exec-command-text.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { mustShowWhole } from './must-show-whole.ts';

export type StreamEventType = 'stream.opened' | 'stream.cut' | 'stream.closed';

export type AuditTrail = {
  /** Refuses when not even the end of a request could be recorded. */
  open: Step;
  /** The step before anything goes upstream. */
  commit: Step;
  /** The head of a long answer has come. */
  started(exchange: Exchange): void;
  /** What happens to a stream beside the stages of its request. */
  stream(exchange: Exchange, type: StreamEventType, part: Pick<SallyportPart, 'stream' | 'portForward'>): void;
  /** The end, whatever it was; at most once. */
  complete(exchange: Exchange): void;
};

export type AuditTrailDeps = {
  sink: AuditSink;
  settings: Pick<AuditConfig, 'whenUnavailable' | 'execCommand'>;
  producer: string;
  /** Keys the hashes of exec commands when they are not kept in clear. */
  hashKey: Buffer;
  microTime(epochMs: number): string;
  createRecord(about: {
    type: 'k8s.request' | StreamEventType;
    source: string;
    key: string;
    data: AuditEvent;
  }): AuditRecord;
};

/**
 * True if the request may not go upstream before its event is acknowledged. It may be of several classes, and the
 * strictest of them rules.
 */
function mustWait(kube: RequestInfo, when: AuditConfig['whenUnavailable']): boolean {
  const [shell, secret] = [shellEquivalent(kube), isSecretRead(kube)];
  const write = !shell && isWrite(kube);
  if (
    (shell && when.exec === 'refuse') ||
    (secret && when.secretRead === 'refuse') ||
    (write && when.write === 'refuse')
  )
    return true;
  return !shell && !secret && !write && when.read === 'refuse';
}

/**
 * The trail of what happens on the Kubernetes road: one event before anything goes upstream, one when a stream starts,
 * one at the end. A refused request has the last alone.
 */
export function createAuditTrail(deps: AuditTrailDeps): AuditTrail {
  const commandText = createExecCommandText(deps.settings.execCommand, deps.hashKey);
  const options = { producer: deps.producer, commandText };
  const record = (
    exchange: Exchange,
    stage: AuditStage,
    {
      type = 'k8s.request',
      at = Date.now(),
      more,
    }: { type?: 'k8s.request' | StreamEventType; at?: number; more?: Partial<SallyportPart> } = {},
  ) => {
    const times = { received: deps.microTime(exchange.receivedAt), stage: deps.microTime(at) };
    // A name that is no cluster of ours is the client's invention, and no key.
    const key = auditKey(exchange.upstream?.name, exchange.answer?.session?.id);
    const data = describeEvent(exchange, stage, times, options);
    if (more) Object.assign(data.sallyport, more);
    return deps.createRecord({ type, source: 'sallyport/proxy', key, data });
  };
  return {
    open() {
      if (!deps.sink.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written, so nothing is let through. Try again shortly.',
        );
    },
    commit(exchange) {
      const { kube, rawTarget } = exchange;
      if (mustShowWhole(kube!) && !fitsEvent({ method: kube!.method, rawTarget, kube }, commandText))
        throw new ProblemError('uri-too-long', 'The request target is longer than what the audit log can hold of it.');
      exchange.audited = 'received';
      if (mustWait(kube!, deps.settings.whenUnavailable)) return deps.sink.publish(record(exchange, 'RequestReceived'));
      // Nobody waits for this one, so it is put together when the request is on its way: the remaining steps run before
      // any microtask.
      const at = Date.now();
      queueMicrotask(() => deps.sink.enqueue(record(exchange, 'RequestReceived', { at })));
    },
    started(exchange) {
      deps.sink.enqueue(record(exchange, 'ResponseStarted'));
    },
    stream(exchange, type, part) {
      deps.sink.enqueue(
        record(exchange, type === 'stream.closed' ? 'ResponseComplete' : 'ResponseStarted', { type, more: part }),
      );
    },
    complete(exchange) {
      if (exchange.audited === 'complete') return;
      exchange.audited = 'complete';
      const { stream } = exchange;
      const more = stream?.end && {
        stream: { id: stream.id, kind: stream.kind, reason: stream.end.reason, detail: stream.end.detail },
      };
      deps.sink.enqueue(record(exchange, 'ResponseComplete', more ? { more } : {}));
    },
  };
}
