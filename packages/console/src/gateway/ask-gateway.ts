const api = '/.sallyport/api/v1';
const readMs = 15_000;
/** The longest is a comparison of policies that waits for another person's. */
const sendMs = 120_000;

/** Why the gateway gave no answer, in words for people. `status` is undefined if it was not reached. */
export class Refused extends Error {
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** The part of a schema that is used here. */
export type Schema<T> = { safeParse(value: unknown): { success: true; data: T } | { success: false } };

type Method = 'GET' | 'POST' | 'DELETE';

/** Asks the gateway, by its public API. */
export type Gateway = {
  /** Reads an answer by its schema. Rejects with `Refused`. */
  read<T>(schema: Schema<T>, path: string): Promise<T>;
  /** Changes something, or asks with a body. Rejects with `Refused`. */
  send(method: Exclude<Method, 'GET'>, path: string, body?: object): Promise<unknown>;
};

async function reasonOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined);
  const { detail } = (typeof problem === 'object' && problem !== null ? problem : {}) as { detail?: unknown };
  return typeof detail === 'string' && detail !== '' ? detail : `The gateway answered ${response.status}.`;
}

/** Creates what asks the gateway with the session of this browser. `ended` is called once it does not have one any more. */
export function createGateway(ended: () => void): Gateway {
  const ask = async (method: Method, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(path.startsWith('/.') ? path : api + path, {
      method,
      // No form can send JSON, or this method.
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(method === 'GET' ? readMs : sendMs),
    }).catch(() => {
      throw new Refused('The gateway cannot be reached.');
    });
    if (response.status === 401) {
      ended();
      throw new Refused('Your session has ended.', 401);
    }
    if (!response.ok) throw new Refused(await reasonOf(response), response.status);
    if (response.status === 204) return undefined;
    return response.json().catch(() => {
      throw new Refused('The answer of the gateway cannot be read.', response.status);
    });
  };
  return {
    async read(schema, path) {
      const parsed = schema.safeParse(await ask('GET', path));
      if (!parsed.success) throw new Refused('The answer of the gateway cannot be read.', 200);
      return parsed.data;
    },
    send: ask,
  };
}

/** Returns a query with its question mark, without the values that are missing. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return query.size === 0 ? '' : `?${query.toString()}`;
}
