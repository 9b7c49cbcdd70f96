import { isProblemCode, problemTable, type ProblemCode } from '@sallyport/contracts';

/** An expected failure: a code of the closed table and words for whoever made the request. Never carries a secret. */
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

/** A problem as it is shown to a caller (RFC 9457 members plus our code). */
export type Problem = { code: ProblemCode; status: number; title: string; detail: string };

/**
 * Turns whatever was thrown into what a caller may see; anything but a ProblemError is a bug and shows as `internal`
 * without its text.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) {
    return { code: error.code, status: error.status, title: problemTable[error.code].title, detail: error.detail };
  }
  const { status, title } = problemTable.internal;
  return {
    code: 'internal',
    status,
    title,
    detail: "Something went wrong here that is not your request's fault; the log of the service has it.",
  };
}

/** Reads a problem+json body of another service back into the error it was; undefined if it is none. */
export function readProblem(body: unknown): ProblemError | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { code, detail } = body as { code?: unknown; detail?: unknown };
  if (!isProblemCode(code)) return undefined;
  return new ProblemError(code, typeof detail === 'string' ? detail : problemTable[code].title);
}
