import { toProblem } from '@sallyport/kit';

/** The error types of RFC 7644 3.12. */
type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

/** A SCIM error. `detail` is shown to the client, so it contains no secrets and no values from the request. */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail);
    this.name = 'ScimError';
    this.status = status;
    this.scimType = scimType;
  }
}

/** Creates the error for an invalid value. */
export const invalidValue = (detail: string): ScimError => new ScimError(400, detail, 'invalidValue');

/** Converts an error. Errors of Express and its body parser with a status of 4xx are caused by the request. */
export function asScimError(error: unknown): ScimError {
  if (error instanceof ScimError) return error;
  const { status } = (error ?? {}) as { status?: unknown };
  if (status === 413) return new ScimError(413, 'The body is too large.');
  if (status === 400 && error instanceof SyntaxError)
    return new ScimError(400, 'The body is not JSON.', 'invalidSyntax');
  if (typeof status === 'number' && status >= 400 && status < 500 && !('code' in (error as object)))
    return new ScimError(status, 'The request cannot be read.');
  const problem = toProblem(error);
  return new ScimError(problem.status, problem.detail);
}
