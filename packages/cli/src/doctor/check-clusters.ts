import { errorDetail } from '../gateway/expect-ok.ts';
import { credentialRejected, type GatewayAnswer } from '../gateway/gateway-client.ts';
import { askAsUser, fetchClusters, type OpenGateway } from '../gateway/open-gateway.ts';
import { fieldOf } from '../input/untrusted.ts';
import { readableSpan } from '../terminal/times.ts';
import { failed, failedBy, ok, warning, type Check } from './check.ts';

const limitMs = 10_000;
const atOnce = 4;

/** Returns why a request was refused: the message of a Status of Kubernetes, or the gateway's own explanation. */
function reasonIn(body: unknown): string {
  const message = fieldOf(body, 'message');
  const reason = typeof message === 'string' && message !== '' ? message.slice(0, 500) : errorDetail(body);
  return reason === undefined ? '' : `: ${reason}`;
}

function judge(cluster: string, answer: GatewayAnswer, ms: number): Check {
  const { status, body } = answer;
  const name = `cluster ${cluster}`;
  if (status === 200) {
    const version = fieldOf(body, 'gitVersion');
    return ok(name, `${typeof version === 'string' ? `Kubernetes ${version}` : 'it answers'}, in ${readableSpan(ms)}`);
  }
  const detail = `/version answered ${status}${reasonIn(body)}`;
  if (status === 403 || status === 404)
    return warning(
      name,
      detail,
      `You may still be allowed more. To see why, run: sallyport policy explain get /version --cluster ${cluster}`,
    );
  return failed(
    name,
    detail,
    credentialRejected(answer)
      ? 'Log in again: sallyport login --force'
      : 'Try again. If this persists, tell the operator of the gateway.',
  );
}

async function checkCluster(gateway: OpenGateway, cluster: string): Promise<Check> {
  const { now } = gateway.environment;
  const from = now();
  try {
    const answer = await askAsUser(gateway, {
      method: 'GET',
      path: `/clusters/${encodeURIComponent(cluster)}/version`,
      timeoutMs: limitMs,
    });
    return judge(cluster, answer, now() - from);
  } catch (error) {
    return failedBy(`cluster ${cluster}`, error);
  }
}

/** Sends one request through the gateway to each cluster of the user, or to one. `began` is called for each of them. */
export async function checkClusters(
  gateway: OpenGateway,
  only: string | undefined,
  began: (cluster: string) => void,
): Promise<Check[]> {
  let clusters: string[];
  try {
    clusters = only === undefined ? (await fetchClusters(gateway)).map(({ name }) => name) : [only];
  } catch (error) {
    return [failedBy('clusters', error)];
  }
  if (clusters.length === 0)
    return [warning('clusters', 'you have access to no cluster', 'Ask the operator of the gateway for access.')];
  const checks: Check[] = [];
  for (let start = 0; start < clusters.length; start += atOnce)
    checks.push(
      ...(await Promise.all(
        clusters.slice(start, start + atOnce).map((cluster) => {
          began(cluster);
          return checkCluster(gateway, cluster);
        }),
      )),
    );
  return checks;
}
