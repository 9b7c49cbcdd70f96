import { ProblemError } from '@sallyport/kit';

/** The part of a schema that is used here. */
type Schema<T> = {
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
