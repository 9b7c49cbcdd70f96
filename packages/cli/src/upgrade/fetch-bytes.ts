import { expectOk } from '../gateway/expect-ok.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { CliError } from '../terminal/cli-error.ts';

/** What a download may take: its size, its time as a whole, and the time in which nothing arrives. */
export type Bounds = { maxBytes: number; deadlineMs: number; silenceMs: number };

type Received = (bytes: number, total: number | undefined) => void;

const stop = (what: string, why: string) =>
  new CliError('unreachable', `${what} ${why}`, 'Nothing was changed. Try again, or tell the operator of the gateway.');

async function receive(
  { client, path, what }: Download,
  { maxBytes, silenceMs }: Bounds,
  signal: AbortSignal,
  received: Received,
): Promise<Buffer> {
  // No credential is sent: what the gateway offers is for everyone.
  const answer = await client.stream({ method: 'GET', path, accept: '*/*', signal }, silenceMs);
  if (answer.status === 404)
    throw new CliError(
      'refused',
      `the gateway ${client.address.origin} does not offer ${what}`,
      'Ask the operator of the gateway for the new version.',
    );
  expectOk(answer, client.address.origin);
  const total = Number(answer.headers['content-length'] ?? Number.NaN);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.chunks!) {
    size += chunk.length;
    if (size > maxBytes) throw stop(what, `is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
    received(size, Number.isSafeInteger(total) && total >= size && total <= maxBytes ? total : undefined);
  }
  return Buffer.concat(chunks);
}

/** A file of the gateway. `what` names it in messages. */
export type Download = { client: GatewayClient; path: string; what: string };

/**
 * Downloads a file into memory, so that nothing of it is on the disk before it is verified. Throws a CliError if the
 * gateway does not offer it, sends another answer, such as a redirect, or takes more than `bounds`.
 */
export async function fetchBytes(download: Download, bounds: Bounds, received: Received = () => {}): Promise<Buffer> {
  const signal = AbortSignal.timeout(bounds.deadlineMs);
  try {
    return await receive(download, bounds, signal, received);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw stop(download.what, `did not arrive within ${bounds.deadlineMs / 1000} seconds`);
  }
}
