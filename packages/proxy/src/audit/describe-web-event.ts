import { createHash } from 'node:crypto';
import type { AuditStage, SallyportPart } from '@sallyport/contracts';
import type { CallerDraft, RequestDraft } from '@sallyport/audit-log';
import type { WebExchange } from '../exchange/exchange.ts';
import { clientText, visibleText } from '../credential/client-text.ts';
import { describeCaller, describeStage, personOf } from './describe-event.ts';
import type { HiddenText } from './hidden-text.ts';

type WebOptions = { hidden: HiddenText };

const maxUri = 1024;
const pathOf = (target: string) => target.split('?', 1)[0]!;

/** Reports whether the whole path of a request fits its event. */
export function fitsWebEvent(target: string): boolean {
  return pathOf(target).length <= maxUri;
}

/** Describes the request. Its query may contain secrets of the application: only its length and a keyed hash are kept. */
function describeWebRequest(method: string, target: string, { hidden }: WebOptions): SallyportPart['request'] {
  const path = pathOf(target);
  const query = target.slice(path.length + 1);
  const whole = path.length > maxUri ? visibleText(path) : undefined;
  return {
    method: clientText(method, hidden.ofToken),
    queryHash: query === '' ? undefined : hidden.ofQuery(query),
    queryLength: query === '' ? undefined : query.length,
    targetLength: whole?.length,
    targetSha256: whole === undefined ? undefined : createHash('sha256').update(whole).digest('hex'),
  };
}

/** Describes one stage of a request to a web application. Times are MicroTime texts. */
export function describeWebEvent(
  exchange: WebExchange,
  stage: AuditStage,
  times: { received: string; stage: string },
  options: WebOptions,
): { caller: CallerDraft; request: RequestDraft } {
  const { rawTarget, answer, upstream } = exchange;
  const { ofToken } = options.hidden;
  const method = exchange.request.method ?? '';
  return {
    caller: describeCaller(exchange, personOf(answer), { route: upstream.origin }),
    request: describeStage(exchange, stage, times, ofToken, {
      requestURI: clientText(pathOf(rawTarget), ofToken),
      sallyport: { request: describeWebRequest(method, rawTarget, options) },
      verb: method.toLowerCase(),
    }),
  };
}
