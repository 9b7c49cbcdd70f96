import type { IncomingMessage } from 'node:http';
import { addressBlock } from '@sallyport/audit-log';
import {
  fieldsOf,
  fieldsOfPart,
  parseJson,
  createExpiringCache,
  ProblemError,
  toProblem,
  type Fields,
  type Logger,
  type Metrics,
  type ServiceClient,
  type Span,
} from '@sallyport/kit';
import {
  exchangedTokenSchema,
  type ClusterKeys,
  type ExchangedToken,
  type WorkloadConfig,
  maxWorkloadToken,
} from '@sallyport/contracts';
import { Counter } from 'prom-client';
import type { ClusterIssuers } from './cluster-issuers.ts';

const form = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

/**
 * Returns the claims of a JWT, unverified: good only to decide who is asked about it. Undefined for anything else, and
 * for tokens that this gateway signed, which are accepted only in Pomerium's carriers.
 */
function readForeignClaims(token: string, gatewayOrigin: string): Fields | undefined {
  if (token.length > maxWorkloadToken) return undefined;
  const [, payload] = form.exec(token) ?? [];
  if (payload === undefined) return undefined;
  const value = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const claims = fieldsOf(value);
  return claims['iss'] === gatewayOrigin ? undefined : claims;
}

/** The token of a workload as it was presented, and by whom. */
export type PresentedToken = {
  token: string;
  hash: string;
  clientAddress: string;
  request: Pick<IncomingMessage, 'headers'>;
};

/** Begins the sessions of workloads. */
export type WorkloadSessions = {
  /** Reports whether a token may be that of a workload. No one is asked. */
  mayBe(token: string): boolean;
  /**
   * Has authenticate verify a token whose hash authorize does not know. Resolves once it has a session. Rejects with
   * `unauthenticated` if it is refused.
   */
  begin(presented: PresentedToken, span?: Span): Promise<void>;
  /** Has authenticate exchange a token for one of the gateway. Rejects as `begin` does. */
  exchange(presented: PresentedToken, span?: Span): Promise<ExchangedToken>;
};

type WorkloadSessionsDeps = {
  workloads: readonly WorkloadConfig[];
  gatewayOrigin: string;
  issuers: ClusterIssuers;
  authenticate: Pick<ServiceClient, 'request'>;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
  logger: Logger;
  metrics: Metrics;
};

/** Long enough for two requests to the issuer, and the event. */
const timeoutMs = 15_000;
/** How long a refusal is remembered, so that a client that repeats a token costs nothing. */
const rememberedMs = { refused: 10_000, failed: 1000 } as const;
const maxRemembered = 10_000;
/** How many tokens may be verified at the same time: in all, and for one client's address. */
const atOnce = { all: 256, address: 16 } as const;

function createSlots() {
  const held = new Map<string, number>();
  let all = 0;
  return async <T>(address: string, work: () => Promise<T>): Promise<T> => {
    const block = addressBlock(address);
    const count = held.get(block) ?? 0;
    if (all >= atOnce.all || count >= atOnce.address)
      throw new ProblemError(
        'too-many-requests',
        'Too many tokens are being verified at the moment. Try again shortly.',
      );
    all += 1;
    held.set(block, count + 1);
    try {
      return await work();
    } finally {
      all -= 1;
      const left = held.get(block)! - 1;
      if (left > 0) held.set(block, left);
      else held.delete(block);
    }
  };
}

const keyIdOf = (token: string) => fieldsOfPart(token.slice(0, token.indexOf('.')))['kid'];

/** Reports whether a workload that is not of a cluster may have issued the token, by its unverified claims. */
function isNamed(workloads: readonly WorkloadConfig[], { iss, sub }: Fields): boolean {
  return workloads.some(({ issuer, spiffe }) =>
    spiffe
      ? typeof sub === 'string' && sub.startsWith(`spiffe://${spiffe.trustDomain}/`)
      : issuer !== undefined && issuer === iss,
  );
}

function createCounter(metrics: Metrics) {
  const counter = new Counter({
    name: 'sallyport_workload_presented_total',
    help: 'Tokens without a session that may be those of workloads: asked (of authenticate), unknown (issuer), remembered (a refusal) or limited (too many at once).',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  return (outcome: 'asked' | 'unknown' | 'remembered' | 'limited') => counter.inc({ outcome });
}

const servesClusters = (workloads: readonly WorkloadConfig[]) =>
  workloads.some(({ serviceAccounts }) => serviceAccounts !== undefined);

type WorkloadPath = '/v1/workload-sessions' | '/v1/workload-tokens';

/** Creates the function that asks authenticate about one token, unless no workload can have its issuer. */
function createAsk(
  { workloads, gatewayOrigin, issuers, authenticate }: WorkloadSessionsDeps,
  count: ReturnType<typeof createCounter>,
) {
  const clustersOf = async (token: string): Promise<ClusterKeys[]> => {
    const claims = readForeignClaims(token, gatewayOrigin) ?? {};
    const found = servesClusters(workloads) ? await issuers.of(claims['iss'], keyIdOf(token)) : [];
    if (found.length > 0 || isNamed(workloads, claims)) return found;
    count('unknown');
    throw new ProblemError('unauthenticated', 'No workload of this gateway has the issuer of this token.');
  };
  return async (
    path: WorkloadPath,
    { token, clientAddress, request }: PresentedToken,
    span: Span | undefined,
  ): Promise<unknown> => {
    const clusters = await clustersOf(token);
    count('asked');
    const { 'user-agent': userAgent } = request.headers;
    const { body } = await authenticate.request({
      method: 'POST',
      path,
      headers: {
        'sallyport-client-address': clientAddress,
        ...(userAgent === undefined ? {} : { 'user-agent': userAgent.slice(0, 256) }),
      },
      body: { token, clusters },
      timeoutMs,
      span,
    });
    return body;
  };
}

/** Creates the part that begins sessions of workloads. Calls with the same token share one, except to exchange it. */
export function createWorkloadSessions(deps: WorkloadSessionsDeps): WorkloadSessions {
  const { workloads, gatewayOrigin, clock, logger } = deps;
  const refusals = createExpiringCache<ProblemError>({ max: maxRemembered, clock });
  const flights = new Map<string, Promise<unknown>>();
  const inSlot = createSlots();
  const count = createCounter(deps.metrics);
  const ask = createAsk(deps, count);

  const inTurn = async (path: WorkloadPath, presented: PresentedToken, span?: Span): Promise<unknown> => {
    const refusal = refusals.get(presented.hash);
    if (refusal) {
      count('remembered');
      throw refusal;
    }
    try {
      return await inSlot(presented.clientAddress, () => ask(path, presented, span));
    } catch (error) {
      const { code, status, detail } = toProblem(error);
      const problem = error instanceof ProblemError ? error : new ProblemError(code, detail, { cause: error });
      if (code === 'too-many-requests') count('limited');
      else refusals.set(presented.hash, problem, status < 500 ? rememberedMs.refused : rememberedMs.failed);
      if (status >= 500) logger.warn({ err: problem }, 'the token of a workload could not be verified');
      throw problem;
    }
  };
  return {
    mayBe(token) {
      const claims = readForeignClaims(token, gatewayOrigin);
      return claims !== undefined && (servesClusters(workloads) || isNamed(workloads, claims));
    },
    // Calls that share one are in the trace of the first.
    async begin(presented, span) {
      const flight =
        flights.get(presented.hash) ??
        inTurn('/v1/workload-sessions', presented, span).finally(() => {
          flights.delete(presented.hash);
        });
      flights.set(presented.hash, flight);
      await flight;
    },
    async exchange(presented, span) {
      const { data } = exchangedTokenSchema.safeParse(await inTurn('/v1/workload-tokens', presented, span));
      if (!data) throw new ProblemError('service-unavailable', 'The login service gave no readable answer.');
      return data;
    },
  };
}
