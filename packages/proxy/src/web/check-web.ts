import type { Check, CheckAnswer } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type CheckClient, otherReading, refuseUnlessAllowed } from '../authorize/check-client.ts';
import { preflightHeaders } from '../authorize/describe-check.ts';
import { clientIsGone } from '../exchange/client-connection.ts';
import type { Read, Step, WebExchange } from '../exchange/exchange.ts';
import type { ClientCertificateOf } from '../listener/client-certificate.ts';
import { checkWithWorkload, takePresented } from '../workloads/check-with-workload.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';

function describe(exchange: Read<WebExchange>, clientCertificateOf: ClientCertificateOf): Check {
  const { request, asked, upstream, tokenHash } = exchange;
  const clientCertificate = clientCertificateOf(request.socket);
  return {
    credential: tokenHash === undefined ? { kind: 'none' } : { kind: 'token', hash: tokenHash },
    target: { kind: 'route', host: upstream.host },
    request: {
      method: asked.verb,
      path: asked.path,
      host: exchange.headers.host,
      ip: exchange.clientAddress,
      ...preflightHeaders(request),
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
    },
  };
}

/**
 * Refuses a session in the wrong carrier. The cookie of a route is for sessions of routes. A browser's login at the
 * gateway is for the gateway's own pages only.
 */
function refuseWrongCarrier({ session }: CheckAnswer, carrier: 'cookie' | 'bearer' | undefined): void {
  const kind = session?.kind;
  const fits = carrier === 'cookie' ? kind === 'route' : kind !== 'route' && kind !== 'browser';
  if (!session || !fits)
    throw new ProblemError('unauthenticated', 'This credential cannot be used for web applications in this way.');
}

/**
 * Asks about a path with escaped slashes once more, as an application reads it that decodes them. The first question has
 * them escaped, and both readings must be allowed. The request rests on the elevations of both.
 */
async function refuseOtherReading(
  exchange: WebExchange,
  { asked, answer }: { asked: Check; answer: CheckAnswer },
  client: CheckClient,
): Promise<void> {
  const check = otherReading(asked);
  if (!check) return;
  const other = await client.check(check, exchange.span);
  if (other.decision.effect !== 'allow') exchange.answer = other;
  refuseUnlessAllowed(other);
  const more = other.elevations?.filter(({ id }) => !answer.elevations?.some((one) => one.id === id)) ?? [];
  if (more.length > 0) exchange.answer = { ...answer, elevations: [...(answer.elevations ?? []), ...more] };
}

/** Creates the step that asks authorize. Anything but a readable allow for a known person is a refusal. */
export function createCheckWeb(deps: {
  client: CheckClient;
  clientCertificateOf: ClientCertificateOf;
  changesReceived(): number;
  /** Begins the sessions of workloads. Without it their tokens are refused. */
  workloads?: Pick<WorkloadSessions, 'begin'> | undefined;
}): Step<Read<WebExchange>> {
  return async (exchange) => {
    const check = describe(exchange, deps.clientCertificateOf);
    exchange.check = check;
    const noteChanges = () => {
      exchange.changesSeen = deps.changesReceived();
    };
    noteChanges();
    const answer = await checkWithWorkload(deps, check, takePresented(exchange), {
      again: noteChanges,
      span: exchange.span,
    });
    const { decision, identity } = answer;
    if (decision.effect !== 'authenticate') refuseWrongCarrier(answer, exchange.asked.carrier);
    exchange.answer = answer;
    refuseUnlessAllowed(answer);
    await refuseOtherReading(exchange, { asked: check, answer }, deps.client);
    if (!identity?.user) throw new ProblemError('unauthenticated', 'The request has no identity.');
    if (clientIsGone(exchange)) throw new ProblemError('bad-request', 'The client closed the connection.');
  };
}
