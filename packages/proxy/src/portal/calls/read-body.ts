import type { IncomingMessage } from 'node:http';
import { ProblemError, readBody } from '@sallyport/kit';

/** The part of a schema that is used here. */
export type Schema<T> = {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
};

/** Parses a body by its schema. Throws `bad-request` with the first fault, without the value that caused it. */
export function parseAs<T>(schema: Schema<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProblemError(
    'bad-request',
    `The question is not valid: ${issue?.path.map(String).join('.') || 'the body'}: ${issue?.message ?? 'has the wrong form'}.`,
  );
}

/**
 * Reads the JSON body of a call. Accepts only `application/json`, which no form of another site can send without a
 * preflight (Fetch standard, 3.2). Throws 400, 413 or 415.
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This call accepts a body of type application/json only.');
  const bytes = await readBody(request, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not JSON.', { cause });
  }
}

/** Reads the JSON body of a call by its schema. */
export async function readJsonAs<T>(schema: Schema<T>, request: IncomingMessage, maxBytes: number): Promise<T> {
  return parseAs(schema, await readJsonBody(request, maxBytes));
}

type AnswerRules<T> = {
  code?: 'authorize-unavailable' | 'service-unavailable';
  /** Whether the answer is about all that was asked. */
  isWhole?: (answer: T) => boolean;
};

/** Reads the answer of a service by its schema. An answer that cannot be read is an outage. */
export function readAnswer<T>(
  schema: Schema<T>,
  { body }: { body: unknown },
  what: string,
  { code = 'authorize-unavailable', isWhole = () => true }: AnswerRules<T> = {},
): T {
  const parsed = schema.safeParse(body);
  if (parsed.success && isWhole(parsed.data)) return parsed.data;
  throw new ProblemError(code, `${what} could not be read. Try again shortly.`, {
    cause: parsed.success ? undefined : parsed.error,
  });
}

const held = new WeakMap<IncomingMessage, Buffer>();

/** Reads the body of a request that can still be passed on. Throws 413 for a longer one. */
export async function holdBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const body = await readBody(request, maxBytes);
  held.set(request, body);
  delete request.headers['transfer-encoding'];
  request.headers['content-length'] = String(body.length);
  return body;
}

/** Returns the body that was read, if it was. */
export const heldBodyOf = (request: IncomingMessage): Buffer | undefined => held.get(request);

/** Returns the query of a request with its question mark, or nothing. */
export function searchOf({ url = '' }: IncomingMessage): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}
