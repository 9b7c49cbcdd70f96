import { isProblemCode, problemTable, type ProblemCode } from '@sallyport/contracts';
import { showUnseen } from '../text/shown-text.ts';

/**
 * An expected failure: a code of the closed table and a detail for the caller. Never contains a secret. What a client sent
 * and the detail repeats is shown without characters that a reader would not see.
 */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly status: number;
  /** When it is worth trying again, for the header `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  /** What the rule that refused says to the person, which `detail` contains. */
  readonly ruleMessage: string | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options?: { cause?: unknown; retryAfterSeconds?: number; ruleMessage?: string | undefined },
  ) {
    const shown = showUnseen(detail);
    super(`${code}: ${shown}`, options);
    this.name = 'ProblemError';
    this.code = code;
    this.detail = shown;
    this.status = problemTable[code].status;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.ruleMessage = options?.ruleMessage && showUnseen(options.ruleMessage);
  }
}

/** A problem as callers see it (RFC 9457 members and our code). */
export type Problem = {
  code: ProblemCode;
  status: number;
  title: string;
  detail: string;
  retryAfterSeconds?: number;
  ruleMessage?: string;
};

/** Converts any error to a problem. Anything but a ProblemError is a bug and becomes `internal` without its text. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) {
    const { code, status, detail, retryAfterSeconds, ruleMessage } = error;
    return {
      code,
      status,
      title: problemTable[code].title,
      detail,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(ruleMessage === undefined ? {} : { ruleMessage }),
    };
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
  const { code, detail, retryAfterSeconds } = body as { code?: unknown; detail?: unknown; retryAfterSeconds?: unknown };
  if (!isProblemCode(code)) return undefined;
  const isSeconds = typeof retryAfterSeconds === 'number' && Number.isInteger(retryAfterSeconds);
  const retry = isSeconds && retryAfterSeconds > 0 ? { retryAfterSeconds } : {};
  return new ProblemError(code, typeof detail === 'string' ? detail : problemTable[code].title, retry);
}

/**
 * Describes an error of `parseArgs` in one line. The text of Node.js advises how to pass positional arguments, which our
 * programs do not have.
 */
export function argumentFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const quoted = /'([^']*)'/.exec(message)?.[1]?.split(/[ ,]/)[0] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${quoted}`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `"${quoted}" belongs to no option`;
  return message.split('\n')[0]!.replace(/\.$/, '');
}
