import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describeConnectionFault, isTrustFault } from '../../gateway/unreachable.ts';
import { CliError } from '../../terminal/cli-error.ts';

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
export type KubeClient = { server: string; ask(call: KubeCall): Promise<KubeAnswer> };

const timeoutMs = 15_000;
const maxBodyBytes = 16 * 1024 * 1024;

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw Object.assign(new Error('too large'), { code: 'ANSWER_TOO_LARGE' });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

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
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
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
    });
    request.on('error', reject);
    request.on('response', resolve);
    request.end(body);
  });
}

/** Creates a client of an API server. It follows no redirects. Throws a CliError if the server cannot be reached. */
export function createKubeClient(access: KubeAccess): KubeClient {
  return {
    server: access.server,
    async ask(call) {
      try {
        const response = await send(access, call);
        return { status: response.statusCode ?? 0, body: await readJson(response) };
      } catch (error) {
        throw unreachableCluster(access, error);
      }
    },
  };
}
