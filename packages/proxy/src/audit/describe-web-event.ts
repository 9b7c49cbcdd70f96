import { createHash } from 'node:crypto';
import type { AuditStage } from '@sallyport/contracts';
import type { AuditEventDraft, SallyportDraft } from '@sallyport/audit-log';
import type { WebExchange } from '../exchange/exchange.ts';
import { clientText, visibleText } from '../credential/client-text.ts';
import { describeResponse, sallyportPart } from './describe-event.ts';
import type { HiddenText } from './hidden-text.ts';

type WebOptions = { hidden: HiddenText };

const maxUri = 1024;
const pathOf = (target: string) => target.split('?', 1)[0]!;

/** Reports whether the whole path of a request fits its event. */
export function fitsWebEvent(target: string): boolean {
  return pathOf(target).length <= maxUri;
}

/** Describes the request. Its query may contain secrets of the application: only its length and a keyed hash are kept. */
function describeWebRequest(method: string, target: string, { hidden }: WebOptions): SallyportDraft['request'] {
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
): AuditEventDraft {
  const { request, rawTarget, headers, answer, upstream } = exchange;
  const { ofToken } = options.hidden;
  const part = sallyportPart(exchange, ofToken);
  part.route = upstream.origin;
  part.request = describeWebRequest(request.method ?? '', rawTarget, options);
  const event: AuditEventDraft = {
    auditID: exchange.auditId,
    stage,
    requestURI: clientText(pathOf(rawTarget), ofToken),
    verb: (request.method ?? '').toLowerCase(),
    user: answer?.identity ? { groups: answer.identity.groups, username: answer.identity.user } : {},
    sourceIPs: [exchange.clientAddress],
    requestReceivedTimestamp: times.received,
    stageTimestamp: times.stage,
    sallyport: part,
  };
  if (headers?.userAgent !== undefined) event.userAgent = clientText(headers.userAgent, ofToken);
  if (stage !== 'RequestReceived') describeResponse(event, exchange, stage);
  return event;
}
