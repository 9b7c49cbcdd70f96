import {
  isAuthorizedAsCreate,
  isLogin,
  type AuditStage,
  type CheckAnswer,
  type Decision,
  type KubernetesAttributes,
  type SallyportPart,
  workloadNameOf,
} from '@sallyport/contracts';
import type { AuditEventDraft, SallyportDraft } from '@sallyport/audit-log';
import { clientText } from '../credential/client-text.ts';
import { auditUri, describeRequest, maxLength, shownPath, mustRecordAll } from './describe-request.ts';
import type { HashToken } from '../credential/own-token.ts';
import type { ClusterExchange, Exchange } from '../exchange/exchange.ts';
import type { HiddenText } from './hidden-text.ts';

/** Returns the workload whose session makes a request, for the event of the request. */
export function workloadOf(answer: CheckAnswer | undefined): SallyportPart['workload'] {
  const { session, identity } = answer ?? {};
  const name = session && identity && workloadNameOf({ kind: session.kind, provider: identity.provider });
  return name === undefined ? undefined : { name };
}

function describeVerbs(part: SallyportDraft, verb: string, asked: KubernetesAttributes | undefined): void {
  part.policyVerb = verb;
  if (asked && isAuthorizedAsCreate(asked)) part.policyVerbs = [verb, 'create'];
}

/** Returns the decision with its members in order, as those of every object here, because it makes sealing cheap. */
function describeDecision(decision: Decision): Decision {
  const { effect, evaluatedAs, policyVersion, reasons, rule, ruleName, shadow } = decision;
  return {
    effect,
    evaluatedAs,
    policyVersion,
    reasons,
    rule,
    ruleName,
    shadow: shadow?.map((one) => ({ effect: one.effect, rule: one.rule, ruleName: one.ruleName, scope: one.scope })),
  };
}

/** Describes the elevations that a request uses. What several of them gave together cannot be told apart. */
function describeElevations(part: SallyportDraft, elevations: NonNullable<CheckAnswer['elevations']>): void {
  // Break-glass must not hide behind another one.
  const first = elevations.find(({ breakGlass }) => breakGlass) ?? elevations[0];
  if (!first) return;
  part.elevation = {
    approvers: first.approvers,
    breakGlass: first.breakGlass,
    expiresAt: new Date(first.expiresAt).toISOString(),
    id: first.id,
    name: first.name,
    ticket: first.ticket,
  };
  if (elevations.length > 1) part.elevations = elevations.map(({ id, name }) => ({ id, name }));
}

/** Returns `session` for the login of a person, and otherwise the kind of the session. */
const credentialKindOf = (answer: CheckAnswer | undefined) =>
  answer?.session && !isLogin(answer.session) ? answer.session.kind : 'session';

function describeCluster(
  part: SallyportDraft,
  { clusterName, asked, check, application }: ClusterExchange,
  shown: (text: string) => string,
): void {
  if (clusterName !== '') part.cluster = { id: shown(clusterName), name: shown(clusterName) };
  if (asked) describeVerbs(part, asked.verb, check?.kubernetes);
  if (application !== undefined) part.application = shown(application);
}

/** Describes the part of an event that clusters and web applications have in common. */
export function sallyportPart(exchange: Exchange, ofToken: HashToken): SallyportDraft {
  const shown = (text: string) => clientText(text, ofToken);
  const { answer, headers } = exchange;
  const identity = answer?.identity;
  const part: SallyportDraft = {
    clientAddress: exchange.clientAddress,
    protocol: exchange.upgrade ? (headers?.upgrade ?? 'upgrade') : 'http/1.1',
  };
  if (exchange.kind === 'cluster') describeCluster(part, exchange, shown);
  if (answer?.session) part.sessionId = answer.session.id;
  if (exchange.tokenHash !== undefined) part.credentialKind = credentialKindOf(answer);
  if (identity)
    part.identity = {
      amr: identity.amr,
      authTime: identity.authTime,
      email: identity.email,
      groups: identity.groups,
      iss: identity.issuer,
      sub: identity.subject,
    };
  part.workload = workloadOf(answer);
  if (answer?.agent) part.agent = { id: answer.agent.id, name: answer.agent.name };
  if (answer?.elevations) describeElevations(part, answer.elevations);
  if (answer) part.decision = describeDecision(answer.decision);
  if (answer?.impersonation && answer.impersonation.droppedGroups.length > 0)
    part.droppedGroups = answer.impersonation.droppedGroups;
  if (headers?.kubectlSession !== undefined || headers?.kubectlCommand !== undefined) {
    part.invocation = {
      ...(headers.kubectlCommand === undefined ? {} : { kubectlCommand: shown(headers.kubectlCommand) }),
      ...(headers.kubectlSession === undefined ? {} : { kubectlSession: shown(headers.kubectlSession) }),
    };
  }
  if (headers?.forwardedFor !== undefined) part.forwardedFor = shown(headers.forwardedFor);
  return part;
}

/** Describes the ports that a port-forward names in its query. What flowed through them is recorded at its end. */
function namedPorts(ports: readonly number[]): SallyportPart['portForward'] {
  return { ports: ports.map((port) => ({ connections: 0, fromClient: 0, fromServer: 0, port })) };
}

function describeRun(part: SallyportDraft, { asked: kube }: ClusterExchange, hidden: HiddenText): void {
  const exec = kube?.exec ?? kube?.kubelet?.exec;
  if (exec)
    part.exec = {
      command: hidden.ofAll(exec.command),
      container: shownPath(exec.container, hidden),
      stdin: exec.stdin,
      tty: exec.tty,
    };
  if (kube?.ports) part.portForward = namedPorts(kube.ports);
}

type DescribeOptions = { hidden: HiddenText };

/**
 * Describes one stage of one request as an event of audit.k8s.io/v1, with the gateway's part under `sallyport`. Times are
 * MicroTime texts.
 */
export function describeEvent(
  exchange: ClusterExchange,
  stage: AuditStage,
  times: { received: string; stage: string },
  options: DescribeOptions,
): AuditEventDraft {
  const { asked: kube, headers, answer } = exchange;
  const { ofToken } = options.hidden;
  const part = sallyportPart(exchange, ofToken);
  describeRun(part, exchange, options.hidden);
  const request = {
    method: exchange.request.method ?? '',
    rawTarget: exchange.rawTarget,
    kube,
    impersonate: headers?.impersonate,
  };
  part.request = describeRequest(
    request,
    options.hidden,
    stage === 'RequestReceived' && kube && mustRecordAll(kube) ? maxLength.whole : maxLength.part,
  );
  const user = answer?.impersonation;
  const other = answer?.decision.effect === 'allow' ? answer.actsAs : undefined;
  const event: AuditEventDraft = {
    auditID: exchange.auditId,
    stage,
    requestURI: auditUri(exchange.rawTarget, ofToken),
    verb: kube?.requestVerb ?? (exchange.request.method ?? '').toLowerCase(),
    user: user
      ? { extra: user.extra, groups: user.groups, uid: user.uid, username: user.user }
      : answer?.identity
        ? { groups: answer.identity.groups, username: answer.identity.user }
        : {},
    impersonatedUser: other && {
      extra: other.extra,
      groups: other.groups,
      uid: other.uid || undefined,
      username: other.user,
    },
    sourceIPs: [exchange.clientAddress],
    requestReceivedTimestamp: times.received,
    stageTimestamp: times.stage,
    sallyport: part,
  };
  if (headers?.userAgent !== undefined) event.userAgent = clientText(headers.userAgent, ofToken);
  if (kube?.isResourceRequest) {
    event.objectRef = {
      apiGroup: kube.apiGroup || undefined,
      apiVersion: kube.apiVersion,
      name: shownPath(kube.name, options.hidden) || undefined,
      namespace: shownPath(kube.namespace, options.hidden) || undefined,
      resource: shownPath(kube.resource, options.hidden),
      subresource: shownPath(kube.subresource, options.hidden) || undefined,
    };
  }
  if (stage !== 'RequestReceived') describeResponse(event, exchange, stage);
  return event;
}

/** Adds the response, and at the end what was measured. */
export function describeResponse(event: AuditEventDraft, exchange: Exchange, stage: AuditStage): void {
  event.responseStatus = {
    code: exchange.statusCode,
    message: exchange.statusMessage,
    reason: exchange.statusReason,
  };
  if (stage !== 'ResponseComplete') return;
  const now = performance.now();
  event.sallyport.bytesIn = exchange.bytesIn;
  event.sallyport.bytesOut = exchange.bytesOut;
  event.sallyport.durationMs = Math.round((now - exchange.startedAt) * 1000) / 1000;
  if (exchange.upstreamStartedAt > 0)
    event.sallyport.upstreamMs = Math.round((now - exchange.upstreamStartedAt) * 1000) / 1000;
}
