import { onCallAnswerSchema, type OnCallUser } from '@sallyport/contracts';
import { boundFetch, describeFetchFailure, parseJson, type OutboundFetch } from '@sallyport/kit';
import { describeOnCallFault } from './describe-on-call-fault.ts';

/** Why a server did not give a list, in words that contain nothing secret. */
export class OnCallFetchError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'OnCallFetchError';
  }
}

/**
 * Asks a server for an on-call list. A redirect is not followed: it would send the credential to an address that no
 * operator has chosen. Rejects with an OnCallFetchError.
 */
export async function fetchOnCallList(
  fetch: OutboundFetch,
  { url, authorization }: { url: string; authorization?: string | null | undefined },
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<readonly OnCallUser[]> {
  let status: number;
  let text: string;
  try {
    const response = await boundFetch(fetch)(url, {
      method: 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': 'sallyport',
        ...(authorization == null ? {} : { authorization }),
      },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    ({ status } = response);
    text = await response.text();
  } catch (error) {
    throw new OnCallFetchError(describeFetchFailure(error, timeoutMs));
  }
  if (status >= 300 && status < 400)
    throw new OnCallFetchError(`it answered ${status}, a redirect, which is not followed`);
  if (status !== 200) throw new OnCallFetchError(`it answered ${status}`);
  const body = parseJson(text);
  if (body === undefined) throw new OnCallFetchError('its answer is not JSON');
  const parsed = onCallAnswerSchema.safeParse(body);
  if (!parsed.success)
    throw new OnCallFetchError(`its answer is no list: ${describeOnCallFault(parsed.error.issues[0]!)}`);
  return parsed.data.users;
}
