import { fieldOf } from '../../input/untrusted.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { tokenSecretName, type AccountPlace } from './account-objects.ts';
import { expectKube, type KubeClient } from '../kube/kube-client.ts';

/** A token of the gateway's account. `expiresAt` is in milliseconds, and undefined if it does not expire. */
export type AccountToken = { token: string; expiresAt?: number };

const secretAttempts = 50;
const secretPauseMs = 200;

/** Requests a token that expires (TokenRequest). The cluster may give it a shorter life than asked for. */
export async function requestToken(
  client: KubeClient,
  { namespace, account }: AccountPlace,
  lifetimeMs: number,
): Promise<AccountToken> {
  const answer = await client.ask({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    json: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: Math.floor(lifetimeMs / 1000) },
    },
  });
  const body = expectKube(answer, { verb: 'create', what: `a token of the ServiceAccount ${namespace}/${account}` });
  const status = fieldOf(body, 'status');
  const [token, expires] = [fieldOf(status, 'token'), fieldOf(status, 'expirationTimestamp')];
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  if (typeof token !== 'string' || token === '' || Number.isNaN(expiresAt))
    throw new CliError('unreachable', 'the cluster answered a TokenRequest without a token', 'Try again.');
  return { token, expiresAt };
}

/** Waits for the token that the cluster writes into the Secret of the account. */
export async function readSecretToken(
  environment: Environment,
  client: KubeClient,
  { namespace, account }: AccountPlace,
): Promise<AccountToken> {
  const name = tokenSecretName(account);
  for (let attempt = 0; attempt < secretAttempts; attempt += 1) {
    const answer = await client.ask({ path: `/api/v1/namespaces/${namespace}/secrets/${name}` });
    const data = fieldOf(expectKube(answer, { verb: 'get', what: `the Secret ${namespace}/${name}` }), 'data');
    const token = fieldOf(data, 'token');
    if (typeof token === 'string' && token !== '') return { token: Buffer.from(token, 'base64').toString('utf8') };
    await environment.sleep(secretPauseMs);
  }
  throw new CliError(
    'unreachable',
    `the cluster wrote no token into the Secret ${namespace}/${name} within ten seconds`,
    'Check that its kube-controller-manager is running, then try again. Or use --token bound.',
  );
}
