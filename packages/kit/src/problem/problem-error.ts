import { isProblemCode, problemTable, type ProblemCode } from '@sallyport/contracts';

/** An expected failure: a code of the closed table and a detail for the caller. Never contains a secret. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly status: number;

  constructor(code: ProblemCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.name = 'ProblemError';
    this.code = code;
    this.detail = detail;
    this.status = problemTable[code].status;
  }
}

/** A problem as callers see it (RFC 9457 members and our code). */
export type Problem = { code: ProblemCode; status: number; title: string; detail: string };

/** Converts any error to a problem. Anything but a ProblemError is a bug and becomes `internal` without its text. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return { code: error.code, status: error.status, title: problemTable[error.code].title, detail: error.detail };
  }
  const { status, title } = problemTable.internal;
  return {
    code: 'internal',
    status,
    title,
    detail: 'An internal error occurred. The log of the service has the details.',
  };
}

/** Reads the problem+json body of another service as an error; undefined if it is not a problem. */
export function readProblem(body: unknown): ProblemError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, detail } = body as { code?: unknown; detail?: unknown };
  if (!isProblemCode(code)) return undefined;
  return new ProblemError(code, typeof detail === 'string' ? detail : problemTable[code].title);
}
