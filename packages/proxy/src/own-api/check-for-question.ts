import type { IncomingMessage } from 'node:http';
import type { Check } from '@sallyport/contracts';
import { readHost } from '../headers/read-host.ts';
import type { ApiContext } from './audited-call.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import type { Question } from './read-question.ts';

export type AskingDeps = Pick<OwnApiDeps, 'authorize' | 'clientCertificateOf' | 'kindsOf'>;

/** Returns the check for the request in a question, as if the caller made it over the same connection. */
export function checkForQuestion(
  cluster: string,
  { method, kubernetes }: Pick<Question, 'method' | 'kubernetes'>,
  request: IncomingMessage,
  { credential, clientAddress }: ApiContext,
  deps: AskingDeps,
): Check {
  const clientCertificate = deps.clientCertificateOf(request.socket);
  return {
    credential: { kind: 'token', hash: credential.hash },
    target: { kind: 'cluster', name: cluster },
    request: {
      method,
      path: kubernetes.path,
      host: readHost(request.rawHeaders) ?? '',
      ip: clientAddress,
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
    },
    kubernetes,
  };
}
