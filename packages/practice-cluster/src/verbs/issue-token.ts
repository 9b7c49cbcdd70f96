import { timestamp, type Call, type Cluster } from '../access/call.ts';
import { readObject } from '../http/read-body.ts';
import { sendJson } from '../http/reply.ts';
import { serviceAccounts } from '../kinds/kinds.ts';
import { badRequest, invalid } from '../objects/api-error.ts';
import { valueAt } from '../objects/kube-object.ts';

const [defaultSeconds, fewestSeconds, mostSeconds] = [3600, 600, 2 ** 32];

/** Answers a TokenRequest with a token of the service account. */
export async function issueToken(cluster: Cluster, call: Call): Promise<void> {
  const account = cluster.store.demand(serviceAccounts, call.info.namespace, call.info.name);
  const request = await readObject(call.request);
  if (request.kind !== 'TokenRequest') throw badRequest(`the kind in the body is ${request.kind}`);
  if (valueAt(request, 'spec.boundObjectRef') != null)
    throw invalid(request, 'spec.boundObjectRef', 'Invalid value: the practice cluster binds no token to an object');
  const seconds = valueAt(request, 'spec.expirationSeconds') ?? defaultSeconds;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < fewestSeconds || seconds > mostSeconds)
    throw invalid(request, 'spec.expirationSeconds', 'Invalid value: may not specify a duration less than 10 minutes');
  const given = valueAt(request, 'spec.audiences') ?? [];
  if (!Array.isArray(given) || !given.every((audience) => typeof audience === 'string' && audience !== ''))
    throw invalid(request, 'spec.audiences', 'Invalid value: must be a list of strings');
  const expiresAt = cluster.clock() + seconds * 1000;
  const { token, audiences } = await cluster.tokens.issue(account, { seconds, audiences: given as string[] });
  const { namespace, name } = account.metadata;
  sendJson(call.response, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(cluster) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: timestamp({ clock: () => expiresAt }) },
  });
}
