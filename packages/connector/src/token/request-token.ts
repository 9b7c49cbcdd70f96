import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import path from 'node:path';
import { fieldsOf, parseJson, readBodyText } from '@sallyport/kit';
import type { TokenSettings } from '../config/connector-config.ts';

const timeoutMs = 10_000;
const maxBytes = 256 * 1024;
const longestMessage = 500;

/** Where the kubelet puts the credential of a pod's account. */
export const podDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

type Deps = {
  /** The API server, as host:port. */
  server: string;
  /** Has `token`, which the kubelet replaces, and `ca.crt`. */
  directory: string;
  settings: TokenSettings;
};

/** A token as the API server gave it, with the time that it gave it. */
export type GrantedToken = { token: string; lifetimeMs: number };

function post({ server, directory, settings }: Deps): Promise<IncomingMessage> {
  const { namespace, serviceAccount, secret, lifetime } = settings;
  const body = JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      expirationSeconds: Math.floor(lifetime / 1000),
      // Only pods of the same account could be named here. When the Secret is deleted, the token ends.
      boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: secret },
    },
  });
  const read = (name: string) => readFileSync(path.join(directory, name), 'utf8');
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `https://${server}/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
      {
        method: 'POST',
        agent: false,
        ca: read('ca.crt'),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${read('token').trim()}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'sallyport-connector',
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      resolve,
    );
    request.once('error', reject);
    request.end(body);
  });
}

/**
 * Asks the API server for a token of the gateway's account, bound to the connector's Secret (TokenRequest). The cluster may
 * give it a shorter life than asked for. The error has the message of the API server, and no token.
 */
export async function requestToken(deps: Deps): Promise<GrantedToken> {
  const response = await post(deps);
  const answer = fieldsOf(parseJson(await readBodyText(response, maxBytes)));
  const account = `${deps.settings.namespace}/${deps.settings.serviceAccount}`;
  if (response.statusCode !== 201) {
    const message = typeof answer['message'] === 'string' ? `: ${answer['message'].slice(0, longestMessage)}` : '';
    throw new Error(`the API server gives no token of ${account} (${response.statusCode})${message}`);
  }
  const { token } = fieldsOf(answer['status']);
  // The time that it is valid, not the time when it ends: the clocks may differ.
  const { expirationSeconds } = fieldsOf(answer['spec']);
  if (typeof token !== 'string' || token === '' || typeof expirationSeconds !== 'number' || !(expirationSeconds > 0))
    throw new Error(`the API server answered the request for a token of ${account} without one`);
  return { token, lifetimeMs: expirationSeconds * 1000 };
}
