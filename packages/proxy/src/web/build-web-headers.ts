import { plainHeaderName } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Allowed, Step, WebExchange } from '../exchange/exchange.ts';
import { withheldHeader } from '../headers/web-header-table.ts';
import type { WebRoute } from '../exchange/web-route.ts';
import { withoutOwnCookies } from './web-cookies.ts';

/** Headers that nearly every request has and that pass as they are. Found without looking any further. */
const usual = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'origin',
  'pragma',
  'range',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-fetch-user',
  'upgrade-insecure-requests',
  'user-agent',
]);

/** What a client says of a trace. Where the gateway says so itself, an application would take it for the gateway's. */
const traceContext = new Set(['traceparent', 'tracestate']);

/** Reports whether a header passes to an application. One that a route allows passes in its own spelling only. */
function mayPass(lower: string, plain: string, { allowedHeaders, identity }: WebRoute): boolean {
  const withheld = withheldHeader(plain);
  if (withheld === 'always' || (withheld !== undefined && !allowedHeaders.has(lower))) return false;
  return !identity.isIdentityName(plain);
}

/** Returns the client's header lines that pass, flat. `Connection` names only options, which was checked before. */
function passedLines(exchange: Allowed<WebExchange>, isTraced: boolean): string[] {
  const { request, asked, upgrade, upstream } = exchange;
  const raw = request.rawHeaders;
  const lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const lower = raw[index]!.toLowerCase();
    const value = raw[index + 1]!;
    if (usual.has(lower)) lines.push(lower, value);
    else if (lower === 'cookie') {
      const kept = withoutOwnCookies(value);
      if (kept !== undefined) lines.push(lower, kept);
    } else {
      const plain = plainHeaderName(lower);
      if (!mayPass(lower, plain, upstream) || (isTraced && traceContext.has(plain))) continue;
      if (plain === 'authorization' && (lower !== plain || asked.carrier !== 'cookie')) continue;
      if (plain.startsWith('secwebsocket') && upgrade === undefined) continue;
      lines.push(lower, value);
    }
  }
  return lines;
}

/**
 * Creates the step that builds the upstream headers. What a client says about its identity or its way here is dropped in
 * every spelling, also where the gateway has no value for it, and then set anew.
 */
export function createBuildWebHeaders({ isTraced }: { isTraced: boolean }): Step<Allowed<WebExchange>> {
  return (exchange) => {
    const { answer, upstream: route, headers, tokenHash } = exchange;
    if (
      answer?.decision.effect !== 'allow' ||
      !answer.identity?.user ||
      !answer.session ||
      !tokenHash ||
      !route ||
      !headers
    )
      throw new ProblemError('unauthenticated', 'The request has no identity.');
    const lines = passedLines(exchange, isTraced);
    lines.push(
      'x-forwarded-for',
      exchange.clientAddress,
      'x-forwarded-host',
      route.forwarded.host,
      'x-forwarded-proto',
      route.forwarded.proto,
      'audit-id',
      exchange.auditId,
    );
    const { identity, session } = answer;
    const told = route.identity.linesFor({ identity, session, tokenHash });
    for (let index = 0; index < told.length; index += 2) lines.push(told[index]!.toLowerCase(), told[index + 1]!);
    exchange.upstreamHeaders = lines;
  };
}
