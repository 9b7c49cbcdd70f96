import { ProblemError } from '@sallyport/kit';

/** A schema of the contracts, as far as it is used here. */
type Schema<T> = {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
};

/** Reads a call's body by its schema. Throws `bad-request` that names the first thing wrong, without its value. */
export function readAs<T>(schema: Schema<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProblemError(
    'bad-request',
    `The question is not understood: ${issue?.path.map(String).join('.') || 'the body'}: ${issue?.message ?? 'is of the wrong form'}.`,
  );
}
