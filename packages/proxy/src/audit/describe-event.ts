import {
  isAuthorizedAsCreate,
  isLogin,
  type AuditStage,
  type CheckAnswer,
  type Decision,
  type SallyportPart,
  workloadNameOf,
} from '@sallyport/contracts';
import type { CallerDraft, RequestDraft } from '@sallyport/audit-log';
import { clientText } from '../credential/client-text.ts';
import type { RequestInfo } from '@sallyport/kubernetes';
import { auditUri, describeRequest, maxLength, shownPath, mustRecordAll } from './describe-request.ts';
import type { HashToken } from '../credential/own-token.ts';
import { protocolOf } from '../exchange/client-connection.ts';
import type { ClusterExchange, Exchange } from '../exchange/exchange.ts';
import type { HiddenText } from './hidden-text.ts';

/** Returns the workload whose session makes a request, for the event of the request. */
export function workloadOf(answer: CheckAnswer | undefined): SallyportPart['workload'] {
  const { session, identity } = answer ?? {};
  const name = session && identity && workloadNameOf({ kind: session.kind, provider: identity.provider });
  return name === undefined ? undefined : { name };
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
function describeElevations(
  elevations: NonNullable<CheckAnswer['elevations']>,
): Pick<SallyportPart, 'elevation' | 'elevations'> {
  // Break-glass must not hide behind another one.
  const first = elevations.find(({ breakGlass }) => breakGlass) ?? elevations[0];
  if (!first) return {};
  return {
    elevation: {
      approvers: first.approvers,
      breakGlass: first.breakGlass,
      expiresAt: new Date(first.expiresAt).toISOString(),
      id: first.id,
      name: first.name,
      ticket: first.ticket,
    },
    elevations: elevations.length > 1 ? elevations.map(({ id, name }) => ({ id, name })) : undefined,
  };
}

/** Returns `session` for the login of a person, and otherwise the kind of the session. */
const credentialKindOf = (answer: CheckAnswer | undefined) =>
  answer?.session && !isLogin(answer.session) ? answer.session.kind : 'session';

/** Returns the text of a client as an event may show it, if there is one. */
const shownOf = (text: string | undefined, ofToken: HashToken) =>
  text === undefined ? undefined : clientText(text, ofToken);

/** Describes the caller of a request, as far as clusters and web applications have it in common. */
export function describeCaller(
  exchange: Exchange,
  user: CallerDraft['user'],
  target: Pick<SallyportPart, 'application' | 'cluster' | 'route'>,
): CallerDraft {
  const { answer } = exchange;
  const identity = answer?.identity;
  const { elevation, elevations } = describeElevations(answer?.elevations ?? []);
  const dropped = answer?.impersonation?.droppedGroups ?? [];
  return {
    sallyport: {
      agent: answer?.agent && { id: answer.agent.id, name: answer.agent.name },
      application: target.application,
      cluster: target.cluster,
      credentialKind: exchange.tokenHash === undefined ? undefined : credentialKindOf(answer),
      decision: answer && describeDecision(answer.decision),
      droppedGroups: dropped.length > 0 ? dropped : undefined,
      elevation,
      elevations,
      identity: identity && {
        amr: identity.amr,
        authTime: identity.authTime,
        email: identity.email,
        groups: identity.groups,
        iss: identity.issuer,
        sub: identity.subject,
      },
      route: target.route,
      sessionId: answer?.session?.id,
      workload: workloadOf(answer),
    },
    user,
  };
}

/** What clusters and web applications describe in their own ways. */
type OwnParts = Pick<SallyportPart, 'exec' | 'policyVerb' | 'policyVerbs' | 'portForward' | 'request'>;
type OwnMembers = Pick<RequestDraft, 'impersonatedUser' | 'objectRef' | 'requestURI' | 'verb'> & {
  sallyport: OwnParts;
};

/** Describes one stage of a request, as far as clusters and web applications have it in common. */
export function describeStage(
  exchange: Exchange,
  stage: AuditStage,
  times: { received: string; stage: string },
  ofToken: HashToken,
  own: OwnMembers,
): RequestDraft {
  const { headers, clientAddress } = exchange;
  const isEnd = stage === 'ResponseComplete';
  const now = isEnd ? performance.now() : 0;
  const since = (start: number) => Math.round((now - start) * 1000) / 1000;
  const { kubectlCommand, kubectlSession } = headers ?? {};
  return {
    auditID: exchange.auditId,
    impersonatedUser: own.impersonatedUser,
    objectRef: own.objectRef,
    requestReceivedTimestamp: times.received,
    requestURI: own.requestURI,
    responseStatus:
      stage === 'RequestReceived'
        ? undefined
        : { code: exchange.statusCode, message: exchange.statusMessage, reason: exchange.statusReason },
    sallyport: {
      bytesIn: isEnd ? exchange.bytesIn : undefined,
      bytesOut: isEnd ? exchange.bytesOut : undefined,
      clientAddress,
      durationMs: isEnd ? since(exchange.startedAt) : undefined,
      exec: own.sallyport.exec,
      forwardedFor: shownOf(headers?.forwardedFor, ofToken),
      invocation:
        kubectlCommand === undefined && kubectlSession === undefined
          ? undefined
          : { kubectlCommand: shownOf(kubectlCommand, ofToken), kubectlSession: shownOf(kubectlSession, ofToken) },
      policyVerb: own.sallyport.policyVerb,
      policyVerbs: own.sallyport.policyVerbs,
      portForward: own.sallyport.portForward,
      protocol: exchange.upgrade ? (headers?.upgrade ?? 'upgrade') : protocolOf(exchange),
      request: own.sallyport.request,
      stream: undefined,
      upstreamMs: isEnd && exchange.upstreamStartedAt > 0 ? since(exchange.upstreamStartedAt) : undefined,
    },
    sourceIPs: [clientAddress],
    stage,
    stageTimestamp: times.stage,
    userAgent: shownOf(headers?.userAgent, ofToken),
    verb: own.verb,
  };
}

/** Describes the ports that a port-forward names in its query. What flowed through them is recorded at its end. */
function namedPorts(ports: readonly number[]): SallyportPart['portForward'] {
  return { ports: ports.map((port) => ({ connections: 0, fromClient: 0, fromServer: 0, port })) };
}

function describeExec(kube: RequestInfo | undefined, hidden: HiddenText): SallyportPart['exec'] {
  const exec = kube?.exec ?? kube?.kubelet?.exec;
  return (
    exec && {
      command: hidden.ofAll(exec.command),
      container: shownPath(exec.container, hidden),
      stdin: exec.stdin,
      tty: exec.tty,
    }
  );
}

function describeObject(kube: RequestInfo, hidden: HiddenText): RequestDraft['objectRef'] {
  return {
    apiGroup: kube.apiGroup || undefined,
    apiVersion: kube.apiVersion,
    name: shownPath(kube.name, hidden) || undefined,
    namespace: shownPath(kube.namespace, hidden) || undefined,
    resource: shownPath(kube.resource, hidden),
    subresource: shownPath(kube.subresource, hidden) || undefined,
  };
}

/** Returns the user as whom the request goes upstream, or as whom it would. */
function userOf(answer: CheckAnswer | undefined): CallerDraft['user'] {
  const user = answer?.impersonation;
  return user ? { extra: user.extra, groups: user.groups, uid: user.uid, username: user.user } : personOf(answer);
}

/** Returns the person as the identity provider has named them. */
export const personOf = (answer: CheckAnswer | undefined): CallerDraft['user'] =>
  answer?.identity ? { groups: answer.identity.groups, username: answer.identity.user } : {};

function impersonatedUserOf(answer: CheckAnswer | undefined): RequestDraft['impersonatedUser'] {
  const other = answer?.decision.effect === 'allow' ? answer.actsAs : undefined;
  return other && { extra: other.extra, groups: other.groups, uid: other.uid || undefined, username: other.user };
}

function callerOf(exchange: ClusterExchange, ofToken: HashToken): CallerDraft {
  const { clusterName, application, answer } = exchange;
  const cluster = clusterName === '' ? undefined : clientText(clusterName, ofToken);
  return describeCaller(exchange, userOf(answer), {
    application: shownOf(application, ofToken),
    cluster: cluster === undefined ? undefined : { id: cluster, name: cluster },
  });
}

type DescribeOptions = { hidden: HiddenText };

/**
 * Describes one stage of one request as an event of audit.k8s.io/v1, with the gateway's part under `sallyport`, in the
 * order of RFC 8785. Times are MicroTime texts.
 */
export function describeEvent(
  exchange: ClusterExchange,
  stage: AuditStage,
  times: { received: string; stage: string },
  { hidden }: DescribeOptions,
): { caller: CallerDraft; request: RequestDraft } {
  const { asked: kube, headers, answer, rawTarget, check } = exchange;
  const { ofToken } = hidden;
  const method = exchange.request.method ?? '';
  const whole = stage === 'RequestReceived' && kube && mustRecordAll(kube);
  const request = describeStage(exchange, stage, times, ofToken, {
    impersonatedUser: impersonatedUserOf(answer),
    objectRef: kube?.isResourceRequest ? describeObject(kube, hidden) : undefined,
    requestURI: auditUri(rawTarget, ofToken),
    sallyport: {
      exec: describeExec(kube, hidden),
      policyVerb: kube?.verb,
      policyVerbs:
        kube && check?.kubernetes && isAuthorizedAsCreate(check.kubernetes) ? [kube.verb, 'create'] : undefined,
      portForward: kube?.ports && namedPorts(kube.ports),
      request: describeRequest(
        { method, rawTarget, kube, impersonate: headers?.impersonate },
        hidden,
        whole ? maxLength.whole : maxLength.part,
      ),
    },
    verb: kube?.requestVerb ?? method.toLowerCase(),
  });
  return { caller: callerOf(exchange, ofToken), request };
}
