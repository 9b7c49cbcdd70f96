/** A fetch for calls to identity providers, directories and other servers outside, with the options that openid-client passes. */
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
