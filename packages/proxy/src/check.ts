import type { IncomingMessage } from 'node:http';
import type { Check, ClientCertificate } from '@sallyport/contracts';
import { isProblemCode } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { CheckClient } from './check-client.ts';
import type { ClientCertificateOf } from './client-certificate.ts';
import type { Exchange, Step } from './exchange.ts';
import { kubernetesAttributes } from './kubernetes-attributes.ts';

/** The headers by which a browser's preflight is known (Fetch standard, 4.8), of the method that it has. */
function preflightHeaders(request: IncomingMessage): Pick<Check['request'], 'headers'> {
  if (request.method !== 'OPTIONS') return {};
  const { origin, 'access-control-request-method': asked } = request.headers;
  return { headers: { ...(origin === undefined ? {} : { origin }), ...(asked === undefined ? {} : { 'access-control-request-method': asked }) } };
}

function describe(exchange: Exchange, clientCertificate: ClientCertificate | undefined): Check {
  const { kube, request, headers } = exchange;
  const info = kube!;
  return {
    credential: exchange.tokenHash === undefined ? { kind: 'none' } : { kind: 'token', hash: exchange.tokenHash },
    target: { kind: 'cluster', name: exchange.clusterName },
    request: { method: request.method ?? '', path: info.path, host: headers!.host, ip: exchange.clientAddress, ...preflightHeaders(request), ...(clientCertificate === undefined ? {} : { clientCertificate }) },
    kubernetes: kubernetesAttributes(info, exchange.upgrade !== undefined),
  };
}

/** Asks authorize. Anything but a readable allow is a refusal; a cluster that this proxy does not know is one too, but only after the caller is known. */
export function createCheck(deps: { client: CheckClient; clientCertificateOf: ClientCertificateOf; changesHeard?: () => number }): Step {
  return async (exchange) => {
    exchange.check = describe(exchange, deps.clientCertificateOf(exchange.request.socket));
    exchange.changesSeen = deps.changesHeard?.() ?? 0;
    const answer = await deps.client.check(exchange.check);
    exchange.answer = answer;
    if (answer.decision.effect !== 'allow') {
      const code = answer.problem?.code;
      throw new ProblemError(isProblemCode(code) ? code : 'forbidden', answer.problem?.detail ?? 'The policy does not allow this.');
    }
    if (!exchange.upstream) throw new ProblemError('not-found', `There is no cluster ${JSON.stringify(exchange.clusterName)} here. "sallyport clusters" lists those there are.`);
    if (exchange.response.destroyed || exchange.request.socket.destroyed) throw new ProblemError('bad-request', 'The client went away.');
  };
}
