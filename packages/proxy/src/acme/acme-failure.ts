import { shownText } from '@sallyport/kit';

/** A problem document of an ACME server (RFC 8555, 6.7). */
export type AcmeProblem = { type?: string | undefined; detail?: string | undefined };

type Facts = {
  /** The name of the certificate that it is about, if it is about one. */
  domain?: string | undefined;
  problem?: AcmeProblem | undefined;
  /** How long the ACME server asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** Whether the time for the attempt was over. */
  isLate?: boolean;
};

const prefix = 'urn:ietf:params:acme:error:';

/** A certificate that could not be had. `isRefusal`: the ACME server said no, so it may count the failure. */
export class AcmeFailure extends Error {
  override readonly name = 'AcmeFailure';
  readonly isRefusal: boolean;
  readonly domain: string | undefined;
  /** The type of the problem without its prefix, such as `rateLimited`. */
  readonly problem: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isLate: boolean;

  constructor(message: string, { domain, problem, retryAfterMs, isLate = false }: Facts = {}) {
    const detail = problem?.detail === undefined ? '' : `: ${shownText(problem.detail, 500)}`;
    super(`${message}${detail}`);
    this.isRefusal = problem !== undefined;
    this.domain = domain;
    this.problem = problem?.type?.startsWith(prefix) ? problem.type.slice(prefix.length) : undefined;
    this.retryAfterMs = retryAfterMs;
    this.isLate = isLate;
  }
}
