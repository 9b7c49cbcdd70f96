import { refusalReasons, requestEventTypes, type AuditResult } from '@sallyport/contracts';
import { termOf } from './event-terms.ts';

const texts = (values: readonly string[]) => `array[${values.map((value) => `'${value}'`).join(', ')}]::text[]`;
const isAllowed = `coalesce(effect, 'allow') = 'allow'`;
const isOk = `coalesce(code, 0) between 100 and 399`;
const hasReason = `coalesce(reasons && ${texts(refusalReasons)}, false)`;
const isEnd = `type = any (${texts(requestEventTypes)}) and stage in ('ResponseComplete', 'Panic')`;

/** The condition that the gateway refused a request to a cluster which has ended: what `resultOf` says, on columns. */
export const isRefused = `(not ${isAllowed} or (not (${isOk}) and ${hasReason}))`;
/** The condition that a request to a cluster failed, or that the cluster denied it. */
export const isFailed = `(${isAllowed} and not (${isOk}) and not ${hasReason})`;

/** What events with a result have in their columns. A few others do too: `findPage` compares the result itself. */
export const resultConditions: Readonly<Record<AuditResult, string>> = {
  ok: `${isEnd} and ${isAllowed} and ${isOk}`,
  refused: `${isEnd} and (${isRefused} or (type = 'http.request' and code in (401, 403, 429)))`,
  'denied-by-cluster': `${isEnd} and ${isFailed} and type = 'k8s.request' and code in (401, 403)`,
  failed: `${isEnd} and ${isFailed}`,
};

const codes = (...all: number[]) => all.map((code) => termOf('code', code));
/** An HTTP client accepts no others. 0: nothing was answered. */
const failures = [0, ...Array.from({ length: 600 }, (_, index) => 400 + index)];

/** The terms of which every event with a result has at least one. Most requests are ok, so those are not searched by one. */
export const resultTerms: Readonly<Record<AuditResult, readonly number[]>> = {
  ok: [],
  refused: [
    termOf('effect', 'deny'),
    termOf('effect', 'authenticate'),
    ...refusalReasons.map((reason) => termOf('reason', reason)),
    ...codes(401, 403, 429),
  ],
  'denied-by-cluster': codes(401, 403),
  failed: codes(...failures),
};
