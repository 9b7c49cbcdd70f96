import type { AuditEvent, AuditStage, SallyportPart } from '@sallyport/contracts';
import { withoutOwnTokens } from './credential/own-token.ts';
import type { Exchange } from './exchange.ts';

const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** Text of the client's own making, as it may stand in an event: no tokens, control characters (ANSI codes) as visible escapes, the length bounded. */
export function clientText(text: string): string {
  const clean = withoutOwnTokens(text);
  const bounded = clean.length > 1024 ? `${clean.slice(0, 1024)}…` : clean;
  return bounded.replace(control, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The request URI without what exec runs: that stands in `exec.command`, in clear or hashed as configured. */
export function auditUri(rawTarget: string): string {
  const mark = rawTarget.indexOf('?');
  if (mark === -1 || !/[?&](c|%63)(o|%6f)/i.test(rawTarget)) return clientText(rawTarget);
  const kept = rawTarget.slice(mark + 1).split('&').filter((pair) => {
    try {
      return decodeURIComponent(pair.split('=')[0]!.replaceAll('+', ' ')) !== 'command';
    } catch {
      return false;
    }
  });
  return clientText(kept.length === 0 ? rawTarget.slice(0, mark) : `${rawTarget.slice(0, mark)}?${kept.join('&')}`);
}

function sallyportPart(exchange: Exchange, producer: string): SallyportPart {
  const { answer, headers, kube } = exchange;
  const identity = answer?.identity;
  const part: SallyportPart = { producer, clientAddress: exchange.clientAddress, protocol: exchange.upgrade ? headers?.upgrade ?? 'upgrade' : 'http/1.1' };
  if (exchange.clusterName !== '') part.cluster = { id: clientText(exchange.clusterName), name: clientText(exchange.clusterName) };
  if (kube) part.policyVerb = kube.verb;
  if (answer?.session) part.sessionId = answer.session.id;
  if (exchange.tokenHash !== undefined) part.credentialKind = 'session';
  if (identity) part.identity = { iss: identity.issuer, sub: identity.subject, email: identity.email, groups: identity.groups, amr: identity.amr, authTime: identity.authTime };
  if (answer) part.decision = answer.decision;
  if (answer?.impersonation && answer.impersonation.droppedGroups.length > 0) part.droppedGroups = answer.impersonation.droppedGroups;
  if (headers?.kubectlSession !== undefined || headers?.kubectlCommand !== undefined) {
    part.invocation = {
      ...(headers.kubectlSession === undefined ? {} : { kubectlSession: clientText(headers.kubectlSession) }),
      ...(headers.kubectlCommand === undefined ? {} : { kubectlCommand: clientText(headers.kubectlCommand) }),
    };
  }
  if (headers?.forwardedFor !== undefined) part.forwardedFor = clientText(headers.forwardedFor);
  return part;
}

/** What exec runs, in clear or as keyed hashes (so that equality can still be tested). */
export type ExecCommandText = (word: string) => string;

/** The event of one stage of one request, in the shape of audit.k8s.io/v1 with our part under `sallyport`. Times are MicroTime texts. */
export function describeEvent(exchange: Exchange, stage: AuditStage, times: { received: string; stage: string }, options: { producer: string; commandText: ExecCommandText }): AuditEvent {
  const { kube, headers, answer } = exchange;
  const part = sallyportPart(exchange, options.producer);
  if (kube?.exec) part.exec = { ...kube.exec, command: kube.exec.command.map(options.commandText) };
  const user = answer?.impersonation;
  const event: AuditEvent = {
    kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: exchange.auditId, stage,
    requestURI: auditUri(exchange.rawTarget), verb: kube?.requestVerb ?? (exchange.request.method ?? '').toLowerCase(),
    user: user ? { username: user.user, uid: user.uid, groups: user.groups, extra: user.extra } : answer?.identity ? { username: answer.identity.user, groups: answer.identity.groups } : {},
    sourceIPs: [exchange.clientAddress],
    requestReceivedTimestamp: times.received, stageTimestamp: times.stage, sallyport: part,
  };
  if (headers?.userAgent !== undefined) event.userAgent = clientText(headers.userAgent);
  if (kube?.isResourceRequest) {
    const ref: NonNullable<AuditEvent['objectRef']> = { resource: kube.resource, apiVersion: kube.apiVersion };
    if (kube.namespace !== '') ref.namespace = kube.namespace;
    if (kube.name !== '') ref.name = kube.name;
    if (kube.apiGroup !== '') ref.apiGroup = kube.apiGroup;
    if (kube.subresource !== '') ref.subresource = kube.subresource;
    event.objectRef = ref;
  }
  if (stage !== 'RequestReceived') describeResponse(event, exchange, stage);
  return event;
}

function describeResponse(event: AuditEvent, exchange: Exchange, stage: AuditStage): void {
  event.responseStatus = { code: exchange.statusCode };
  if (exchange.statusReason !== undefined) event.responseStatus.reason = exchange.statusReason;
  if (exchange.statusMessage !== undefined) event.responseStatus.message = exchange.statusMessage;
  if (stage !== 'ResponseComplete') return;
  const now = performance.now();
  event.sallyport.bytesIn = exchange.bytesIn;
  event.sallyport.bytesOut = exchange.bytesOut;
  event.sallyport.durationMs = Math.round((now - exchange.startedAt) * 1000) / 1000;
  if (exchange.upstreamStartedAt > 0) event.sallyport.upstreamMs = Math.round((now - exchange.upstreamStartedAt) * 1000) / 1000;
}
