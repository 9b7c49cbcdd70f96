import type { Agent, IncomingMessage } from 'node:http';
import { readJson, sendRequest } from '../../gateway/exchange.ts';
import { describeConnectionFault, isTrustFault } from '../../gateway/unreachable.ts';
import { traceRequest, type Traced } from '../../terminal/trace.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { fieldOf } from '../../input/untrusted.ts';

/** What a request does, such as `create clusterroles`, for the error if the cluster refuses it. */
type Doing = { verb: string; what: string };

const longestMessage = 1000;

/** Returns the message of a Kubernetes `Status`, or an empty text. */
export function statusMessage({ body }: KubeAnswer): string {
  const message = fieldOf(body, 'message');
  return typeof message === 'string' ? message.slice(0, longestMessage) : '';
}

/** Returns the body of a 2xx answer. Throws a CliError that says what the cluster refused and what to do. */
export function expectKube(answer: KubeAnswer, { verb, what }: Doing): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const message = statusMessage(answer);
  const tail = message === '' ? '' : `: ${message}`;
  if (status === 401)
    throw new CliError(
      'refused',
      `the cluster does not accept the credential of the kubeconfig${tail}`,
      'Log in to the cluster again, or name another kubeconfig.',
    );
  if (status === 403)
    throw new CliError(
      'refused',
      `the cluster does not allow you to ${verb} ${what}${tail}`,
      message.includes('attempting to grant')
        ? 'You may only grant rights that you have. Use a kubeconfig of a cluster administrator (cluster-admin).'
        : 'Ask for this right, or use a kubeconfig of a cluster administrator.',
    );
  if (status === 409)
    throw new CliError(
      'refused',
      `${what} was changed by someone else in the meantime${tail}`,
      'Run the command again.',
    );
  if (status === 429 || status >= 500)
    throw new CliError('unreachable', `the cluster is not ready (${status})${tail}`, 'Try again.');
  throw new CliError(
    'refused',
    `the cluster refused to ${verb} ${what} (${status})${tail}`,
    'Correct this and try again.',
  );
}

/** What a token says about itself. It is not verified. Times are in milliseconds. */
export type TokenClaims = {
  subject: string | undefined;
  issuer: string | undefined;
  issuedAt: number | undefined;
  expiresAt: number | undefined;
};

/** Reads the claims of a JWT without verifying it. Returns undefined for another kind of token. */
export function readTokenClaims(token: string): TokenClaims | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const text = (name: string) => {
      const value = fieldOf(claims, name);
      return typeof value === 'string' ? value : undefined;
    };
    const time = (name: string) => {
      const value = fieldOf(claims, name);
      return typeof value === 'number' ? value * 1000 : undefined;
    };
    return { subject: text('sub'), issuer: text('iss'), issuedAt: time('iat'), expiresAt: time('exp') };
  } catch {
    return undefined;
  }
}

/** How to reach an API server: its address, whom to trust, and the credential. */
export type KubeAccess = {
  server: string;
  tls: {
    ca?: string | Buffer | undefined;
    cert?: string | Buffer | undefined;
    key?: string | Buffer | undefined;
    servername?: string | undefined;
  };
  headers: Record<string, string>;
  agent?: Agent | undefined;
  /** Where the CA of the server is set, for the hint if it does not vouch for the certificate. */
  authoritySetIn: string;
};
type KubeCall = {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  json?: unknown;
  headers?: Record<string, string>;
};
export type KubeAnswer = { status: number; body: unknown };
export type KubeClient = { ask(call: KubeCall): Promise<KubeAnswer> };

const timeoutMs = 15_000;
const maxBodyBytes = 16 * 1024 * 1024;

/** Returns the error for a cluster that cannot be reached or trusted. */
function unreachableCluster({ server, authoritySetIn }: KubeAccess, error: unknown): CliError {
  if (isTrustFault(error))
    return new CliError(
      'unreachable',
      `the certificate of the API server ${server} is signed by an authority that is not trusted`,
      `Compare the CA of the cluster with ${authoritySetIn}.`,
      { cause: error },
    );
  const [what, hint] = describeConnectionFault(error, 'API server');
  return new CliError('unreachable', `the API server ${server} cannot be reached: ${what}`, hint, { cause: error });
}

function send(access: KubeAccess, { method = 'GET', path, json, headers }: KubeCall): Promise<IncomingMessage> {
  const url = new URL(access.server.replace(/\/+$/, '') + path);
  const body = json === undefined ? undefined : JSON.stringify(json);
  const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return sendRequest(
    url,
    {
      method,
      ...access.tls,
      ...(access.agent === undefined ? {} : { agent: access.agent }),
      headers: {
        accept: 'application/json',
        'user-agent': 'sallyport-cli',
        ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
        ...access.headers,
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
    },
    body,
  );
}

/** Creates a client of an API server. It follows no redirects. Throws a CliError if the server cannot be reached. */
export function createKubeClient(access: KubeAccess, traced: Traced): KubeClient {
  return {
    async ask(call) {
      const { method = 'GET', path } = call;
      try {
        return await traceRequest(traced, `${method} ${access.server}${path.split('?', 1)[0]!}`, async () => {
          const response = await send(access, call);
          return { status: response.statusCode ?? 0, body: await readJson(response, maxBodyBytes) };
        });
      } catch (error) {
        throw unreachableCluster(access, error);
      }
    },
  };
}
