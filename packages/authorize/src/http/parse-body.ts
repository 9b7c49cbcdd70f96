import { ProblemError } from '@sallyport/kit';
import type * as z from 'zod/mini';

/** Parses a JSON body with a schema. Throws `bad-request` with the first fault. */
export function parseBody<T>(schema: z.ZodMiniType<T>, text: string): T {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError('bad-request', 'The body is not JSON.', { cause });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProblemError('bad-request', `${issue?.path.join('.') ?? 'the body'}: ${issue?.message ?? 'is invalid'}`);
}
