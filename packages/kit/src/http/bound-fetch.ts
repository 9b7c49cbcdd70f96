/**
 * A fetch for calls to identity providers, directories and other servers outside, with the options that openid-client
 * passes.
 */
export type OutboundFetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body?: unknown;
    redirect: 'manual';
    signal?: AbortSignal;
  },
) => Promise<Response>;

const maxBytes = 1024 * 1024;

/** The error of a response that is not read to its end. */
export class ResponseTooLargeError extends TypeError {
  constructor() {
    super('its response is too large: more than 1 MiB');
    this.name = 'ResponseTooLargeError';
  }
}

/** Reads a whole response of at most 1 MiB, so that an endless one does not fill the memory. */
async function bounded(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new ResponseTooLargeError();
    chunks.push(chunk);
  }
  const bodiless = response.status === 204 || response.status === 304;
  return new Response(bodiless ? null : Buffer.concat(chunks), { status: response.status, headers: response.headers });
}

/** Limits the size of the responses of a fetch. */
export function boundFetch(fetch: OutboundFetch): OutboundFetch {
  return async (url, options) => bounded(await fetch(url, options));
}

type Chain = { name?: unknown; message?: unknown; code?: unknown; port?: unknown; cause?: unknown };

/** Returns an error and everything that caused it. */
export function chainOf(error: unknown): Chain[] {
  const chain: Chain[] = [];
  for (let one = error; typeof one === 'object' && one !== null && chain.length < 5; one = (one as Chain).cause)
    chain.push(one as Chain);
  return chain;
}

/** Says why a server could not be reached, by codes alone: the texts of errors contain addresses and passwords. */
export function describeFetchFailure(error: unknown, timeoutMs: number): string {
  const chain = chainOf(error);
  if (error instanceof ResponseTooLargeError) return error.message;
  if (chain.some(({ name }) => name === 'TimeoutError')) return `it did not answer within ${timeoutMs / 1000} s`;
  const code = chain
    .map((one) => one.code)
    .find((one) => typeof one === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(one));
  return `it cannot be reached (${typeof code === 'string' ? code : 'no reason given'})`;
}
