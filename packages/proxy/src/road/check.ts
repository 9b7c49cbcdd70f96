import type { Check, CheckAnswer, ClientCertificate } from '@sallyport/contracts';
import { noSuchCluster } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { refuseUnlessAllowed, type CheckClient } from '../authorize/check-client.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import type { ClusterExchange, Read, Step } from '../exchange/exchange.ts';
import { kubernetesAttributes, preflightHeaders } from '../authorize/describe-check.ts';
import { dependsOnKind, learnKind } from '../authorize/learn-kind.ts';
import type { ClusterKinds } from '../upstream/cluster-kinds.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { checkWithWorkload, takePresented } from '../workloads/check-with-workload.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';
import { clientIsGone } from '../exchange/client-connection.ts';

type KubernetesCheck = Check & { kubernetes: NonNullable<Check['kubernetes']> };

function credentialOf({ tokenHash, application }: ClusterExchange): Check['credential'] {
  if (tokenHash === undefined) return { kind: 'none' };
  return { kind: 'token', hash: tokenHash, ...(application === undefined ? {} : { application }) };
}

function describe(exchange: Read<ClusterExchange>, clientCertificate: ClientCertificate | undefined): KubernetesCheck {
  const { asked: info, request, headers } = exchange;
  const { impersonate } = headers;
  const attributes = kubernetesAttributes(info, exchange.upgrade !== undefined);
  return {
    credential: credentialOf(exchange),
    target: { kind: 'cluster', name: exchange.clusterName },
    request: {
      method: request.method ?? '',
      path: info.path,
      host: headers.host,
      ip: exchange.clientAddress,
      ...preflightHeaders(request),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
    },
    kubernetes: impersonate === undefined ? attributes : { ...attributes, impersonate },
  };
}

/**
 * Returns the answer, or a refusal for the login of a browser. That is for the gateway's own pages, in their cookie: a
 * cookie that was read out of a browser opens no cluster. The event still says whose it is.
 */
function refuseBrowserLogin(answer: CheckAnswer): CheckAnswer {
  if (answer.session?.kind !== 'browser') return answer;
  const { impersonation: _unused, actsAs: _neither, ...rest } = answer;
  const { ruleName: _other, ...decided } = answer.decision;
  return {
    ...rest,
    decision: { ...decided, effect: 'authenticate', rule: 'default-deny', reasons: ['user-unauthenticated'] },
    problem: {
      code: 'unauthenticated',
      detail: 'The login of a browser cannot be used for clusters. Log in with "sallyport login".',
    },
  };
}

/** Learns from the cluster about the kind. Resolves to whether asking authorize again is worthwhile. */
async function learnKindOf(exchange: ClusterExchange, check: KubernetesCheck, kinds: ClusterKinds): Promise<boolean> {
  const kubernetes = await learnKind(check.kubernetes, kinds);
  exchange.check = { ...check, kubernetes };
  return kubernetes.namespaced === false || kubernetes.aggregated === false;
}

type CheckDeps = {
  client: CheckClient;
  clientCertificateOf: ClientCertificateOf;
  changesReceived?: () => number;
  /** Begins the sessions of workloads. Without it their tokens are refused. */
  workloads?: WorkloadSessions | undefined;
  /** What clusters report about their kinds. Without it, kinds that are not built in stay unknown. */
  kindsOf?: (upstream: Upstream) => ClusterKinds;
};

/**
 * Creates the step that asks authorize. Anything but a readable allow is a refusal. An unknown cluster is refused too,
 * but only once the caller is known. Authorize treats an unknown kind in the stricter way, so that an allow is valid
 * either way. Only a refusal is a reason to ask the cluster.
 */
export function createCheck(deps: CheckDeps): Step<Read<ClusterExchange>> {
  return async (exchange) => {
    const check = describe(exchange, deps.clientCertificateOf(exchange.request.socket));
    exchange.check = check;
    const noteChanges = () => {
      exchange.changesSeen = deps.changesReceived?.() ?? 0;
    };
    noteChanges();
    const { span } = exchange;
    const presented = takePresented(exchange);
    const how = { again: noteChanges, span };
    let answer = refuseBrowserLogin(await checkWithWorkload(deps, check, presented, how));
    if (
      answer.decision.effect === 'deny' &&
      answer.cluster !== 'unknown' &&
      answer.identity &&
      exchange.upstream &&
      deps.kindsOf &&
      dependsOnKind(check.kubernetes) &&
      (await learnKindOf(exchange, check, deps.kindsOf(exchange.upstream)))
    ) {
      noteChanges();
      answer = await deps.client.check(exchange.check, span);
    }
    exchange.answer = answer;
    refuseUnlessAllowed(answer);
    if (!exchange.upstream) throw new ProblemError('forbidden', noSuchCluster(exchange.clusterName));
    if (clientIsGone(exchange)) throw new ProblemError('bad-request', 'The client closed the connection.');
  };
}
