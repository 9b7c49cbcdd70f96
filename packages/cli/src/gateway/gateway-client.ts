import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { GatewayAddress } from './gateway-address.ts';
import { isTrustFault, unreachable } from './unreachable.ts';

/** One call to the gateway. The token travels in the Authorization header and nowhere else. */
export type GatewayCall = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  token?: string;
  form?: Record<string, string>;
  json?: unknown;
  timeoutMs?: number;
};
export type GatewayAnswer = { status: number; body: unknown };
export type GatewayClient = { address: GatewayAddress; call(call: GatewayCall): Promise<GatewayAnswer> };

/**
 * Certificate authorities to try one after the other: `undefined` means what Node.js trusts by itself. Later ones are
 * only asked for after a trust fault.
 */
export type TrustChoices = (() => string[] | undefined | Promise<string[] | undefined>)[];

const maxBodyBytes = 32 * 1024 * 1024;

function readBody(response: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes)
        response.destroy(Object.assign(new Error('the answer is too large'), { code: 'ANSWER_TOO_LARGE' }));
      else chunks.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      try {
        resolve(text === '' ? undefined : JSON.parse(text));
      } catch {
        resolve(undefined);
      }
    });
  });
}

function send(address: GatewayAddress, call: GatewayCall, ca: string[] | undefined): Promise<GatewayAnswer> {
  const body =
    call.json !== undefined
      ? JSON.stringify(call.json)
      : call.form === undefined
        ? undefined
        : new URLSearchParams(call.form).toString();
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'sallyport-cli' };
  if (call.token !== undefined) headers.authorization = `Bearer ${call.token}`;
  if (body !== undefined)
    headers['content-type'] = call.json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const timeoutMs = call.timeoutMs ?? 15_000;
  return new Promise((resolve, reject) => {
    const make = address.scheme === 'https' ? httpsRequest : httpRequest;
    // A redirect is never followed: the credential is for this origin alone.
    const request = make(new URL(call.path, address.origin), {
      method: call.method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(ca === undefined ? {} : { ca }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      readBody(response).then((read) => resolve({ status: response.statusCode ?? 0, body: read }), reject);
    });
    request.end(body);
  });
}

/** Talks to one gateway. A failure to reach or to trust it is a CliError with words for a person. */
export function createGatewayClient(address: GatewayAddress, trust: TrustChoices): GatewayClient {
  let chosen = 0;
  return {
    address,
    async call(call) {
      for (;;) {
        const ca = await trust[chosen]?.();
        try {
          return await send(address, call, ca);
        } catch (error) {
          // Nothing of the request was sent before the certificate was refused, so it may be sent again.
          if (!isTrustFault(error) || chosen + 1 >= trust.length) throw unreachable(address.origin, error);
          chosen += 1;
        }
      }
    },
  };
}
