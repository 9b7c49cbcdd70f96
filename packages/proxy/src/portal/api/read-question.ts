import type { IncomingMessage } from 'node:http';
import {
  explainQuestionSchema,
  readImpersonationTargets,
  type Check,
  type ExplainQuestion,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import {
  anyName,
  composeRequest,
  parseRequestTarget,
  readRequestInfo,
  requestVerbs,
  type RequestInfo,
} from '@sallyport/kubernetes';
import { kubernetesAttributes, refuseSpecialVerb, requestFacts } from '../../authorize/describe-check.ts';
import { parseAs } from '../calls/read-body.ts';
import type { ApiContext } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

/** A question about a decision, and the request that it is about, as the road would read it. */
export type Question = { question: ExplainQuestion; method: string; kubernetes: NonNullable<Check['kubernetes']> };

const bad = (detail: string) => new ProblemError('bad-request', detail);
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

type Sent = { method: string; target: string; anyOne: boolean };

/** Returns the request that a client would send: given by its path, or composed from verb and resource. */
function sentBy({ method, path, ...asked }: ExplainQuestion): Sent {
  const { verb, resource } = asked;
  if (path !== undefined) {
    if (resource !== undefined) throw bad('Ask about a path or about a resource, not both.');
    const used = (method ?? (verb === undefined ? 'GET' : verb)).toUpperCase();
    if (!methods.has(used)) throw bad('The Kubernetes API has no such method.');
    return { method: used, target: path, anyOne: false };
  }
  if (method !== undefined) throw bad('Give a method with a path, and a verb with a resource.');
  if (verb === undefined || resource === undefined) throw bad('Give a verb and a resource, or a path.');
  const composed = composeRequest({ ...asked, verb, resource });
  if (!composed) throw bad(`No request has this verb. The verbs of requests are ${requestVerbs.join(', ')}.`);
  return composed;
}

function kubernetesOf(info: RequestInfo, anyOne: boolean): Question['kubernetes'] {
  const attributes = kubernetesAttributes(info);
  return anyOne ? { ...attributes, path: info.path.replace(`/${anyName}`, '/<name>'), name: '' } : attributes;
}

/**
 * Reads a question. The code that reads real requests also reads the one in the question, so that an explanation cannot
 * be about something else. A DELETE counts as one with a body, as kubectl sends it, and a PATCH as one that is not
 * apply. Throws `bad-request`, and `method-not-allowed` as the road does.
 */
export function readQuestion(body: unknown): Question {
  const question = parseAs(explainQuestionSchema, body);
  const sent = sentBy(question);
  const target = parseRequestTarget(sent.target);
  if (!target.ok) throw bad(target.reason);
  const info = readRequestInfo({
    method: sent.method,
    path: target.path,
    segments: target.segments,
    query: target.query,
  });
  refuseSpecialVerb(info);
  const { impersonate } = question;
  if (impersonate !== undefined && !readImpersonationTargets(impersonate))
    throw bad('impersonate does not name one user to act as, such as user:NAME or serviceaccount:NAMESPACE/NAME.');
  const kubernetes = kubernetesOf(info, sent.anyOne);
  return {
    question,
    method: sent.method,
    kubernetes: impersonate === undefined ? kubernetes : { ...kubernetes, impersonate },
  };
}

export type AskingDeps = Pick<PortalDeps, 'authorize' | 'clientCertificateOf' | 'kindsOf'>;

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
    request: { ...requestFacts(request, clientAddress), method, path: kubernetes.path, clientCertificate },
    kubernetes,
  };
}
