import {
  isAuthorizedAsCreate,
  type AuditEvent,
  type AuditStage,
  type KubernetesAttributes,
  type SallyportPart,
} from '@sallyport/contracts';
import { clientText } from './client-text.ts';
import { auditUri, describeRequest, maxLength } from './describe-request.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ExecCommandText } from './exec-command-text.ts';
import { mustRecordAll } from './must-record-all.ts';

function describeVerbs(part: SallyportPart, verb: string, asked: KubernetesAttributes | undefined): void {
  part.policyVerb = verb;
  if (asked && isAuthorizedAsCreate(asked)) part.policyVerbs = [verb, 'create'];
}

function sallyportPart(exchange: Exchange, producer: string): SallyportPart {
  const { answer, headers, kube } = exchange;
  const identity = answer?.identity;
  const part: SallyportPart = {
    producer,
    clientAddress: exchange.clientAddress,
    protocol: exchange.upgrade ? (headers?.upgrade ?? 'upgrade') : 'http/1.1',
  };
  if (exchange.clusterName !== '')
    part.cluster = { id: clientText(exchange.clusterName), name: clientText(exchange.clusterName) };
  if (kube) describeVerbs(part, kube.verb, exchange.check?.kubernetes);
  if (answer?.session) part.sessionId = answer.session.id;
  if (exchange.tokenHash !== undefined) part.credentialKind = 'session';
  if (identity)
    part.identity = {
      iss: identity.issuer,
      sub: identity.subject,
      email: identity.email,
      groups: identity.groups,
      amr: identity.amr,
      authTime: identity.authTime,
    };
  if (answer) part.decision = answer.decision;
  if (answer?.impersonation && answer.impersonation.droppedGroups.length > 0)
    part.droppedGroups = answer.impersonation.droppedGroups;
  if (headers?.kubectlSession !== undefined || headers?.kubectlCommand !== undefined) {
    part.invocation = {
      ...(headers.kubectlSession === undefined ? {} : { kubectlSession: clientText(headers.kubectlSession) }),
      ...(headers.kubectlCommand === undefined ? {} : { kubectlCommand: clientText(headers.kubectlCommand) }),
    };
  }
  if (headers?.forwardedFor !== undefined) part.forwardedFor = clientText(headers.forwardedFor);
  return part;
}

/** Describes the ports that a port-forward names in its query. What flowed through them is recorded at its end. */
function namedPorts(ports: readonly number[]): SallyportPart['portForward'] {
  return { ports: ports.map((port) => ({ port, connections: 0, fromClient: 0, fromServer: 0 })) };
}

function describeRun(part: SallyportPart, { kube }: Exchange, commandText: ExecCommandText): void {
  const exec = kube?.exec ?? kube?.kubelet?.exec;
  if (exec) part.exec = { ...exec, command: commandText.ofAll(exec.command) };
  if (kube?.ports) part.portForward = namedPorts(kube.ports);
}

type DescribeOptions = { producer: string; commandText: ExecCommandText };

/**
 * Describes one stage of one request as an event of audit.k8s.io/v1, with the gateway's part under `sallyport`. Times are
 * MicroTime texts.
 */
export function describeEvent(
  exchange: Exchange,
  stage: AuditStage,
  times: { received: string; stage: string },
  options: DescribeOptions,
): AuditEvent {
  const { kube, headers, answer } = exchange;
  const part = sallyportPart(exchange, options.producer);
  describeRun(part, exchange, options.commandText);
  const request = { method: exchange.request.method ?? '', rawTarget: exchange.rawTarget, kube };
  part.request = describeRequest(
    request,
    options.commandText,
    stage === 'RequestReceived' && kube && mustRecordAll(kube) ? maxLength.whole : maxLength.part,
  );
  const user = answer?.impersonation;
  const event: AuditEvent = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: exchange.auditId,
    stage,
    requestURI: auditUri(exchange.rawTarget, kube),
    verb: kube?.requestVerb ?? (exchange.request.method ?? '').toLowerCase(),
    user: user
      ? { username: user.user, uid: user.uid, groups: user.groups, extra: user.extra }
      : answer?.identity
        ? { username: answer.identity.user, groups: answer.identity.groups }
        : {},
    sourceIPs: [exchange.clientAddress],
    requestReceivedTimestamp: times.received,
    stageTimestamp: times.stage,
    sallyport: part,
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
  if (exchange.upstreamStartedAt > 0)
    event.sallyport.upstreamMs = Math.round((now - exchange.upstreamStartedAt) * 1000) / 1000;
}
