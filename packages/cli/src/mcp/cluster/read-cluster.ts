import { errorDetail, notLoggedIn } from '../../gateway/expect-ok.ts';
import { credentialRejected } from '../../gateway/gateway-client.ts';
import { requireCredential, type OpenGateway } from '../../gateway/open-gateway.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { CliError } from '../../terminal/cli-error.ts';

/** A request that the gateway or the cluster refused. Its message is what they said, which is not to be trusted. */
export class ClusterRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ClusterRefusal';
    this.status = status;
  }
}

type Read = {
  cluster: string;
  /** The path within the cluster. Its segments are encoded. */
  path: string;
  query?: Record<string, string | undefined>;
  accept?: string;
  maxBytes: number;
};

/** Enough for a page of a list, and for the largest description of an API group. */
const maxDocumentBytes = 16 * 1024 * 1024;
const silenceMs = 30_000;

async function collect(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<{ bytes: Buffer; whole: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > maxBytes) return { bytes: Buffer.concat(parts).subarray(0, maxBytes), whole: false };
  }
  return { bytes: Buffer.concat(parts), whole: true };
}

function pathOf({ cluster, path, query = {} }: Read): string {
  const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
  const search = new URLSearchParams(given).toString();
  return `/clusters/${encodeURIComponent(cluster)}${path}${search === '' ? '' : `?${search}`}`;
}

/** Reads the text of an answer, up to its first `maxBytes`. Throws a ClusterRefusal for an answer that is not 2xx. */
export async function readText(gateway: OpenGateway, read: Read): Promise<{ text: string; whole: boolean }> {
  const { token } = requireCredential(gateway);
  const answer = await gateway.client.stream(
    { method: 'GET', path: pathOf(read), accept: read.accept ?? 'application/json', token },
    silenceMs,
  );
  if (credentialRejected(answer)) {
    gateway.store.forget(token);
    throw notLoggedIn(gateway.address.origin);
  }
  if (answer.chunks === undefined) {
    const message = fieldOf(answer.body, 'message');
    throw new ClusterRefusal(answer.status, typeof message === 'string' ? message : (errorDetail(answer.body) ?? ''));
  }
  const { bytes, whole } = await collect(answer.chunks, read.maxBytes);
  return { text: new TextDecoder().decode(bytes), whole };
}

/** Reads a JSON document. Throws a CliError if it is none, or too large. */
export async function readDocument(gateway: OpenGateway, read: Omit<Read, 'maxBytes'>): Promise<unknown> {
  const { text, whole } = await readText(gateway, { ...read, maxBytes: maxDocumentBytes });
  if (!whole)
    throw new CliError('incomplete', 'the answer of the cluster is too large', 'Ask for less, such as one namespace.');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CliError('unreachable', 'the answer of the cluster is not JSON', 'Check that this cluster is reachable.');
  }
}
