import { createHash } from 'node:crypto';
import type { SallyportPart } from '@sallyport/contracts';
import type { HashToken } from '../credential/own-token.ts';
import type { RequestInfo } from '@sallyport/kubernetes';
import { clientText, visibleText } from './client-text.ts';
import { maxHashes, type HiddenText } from './hidden-text.ts';

type DescribedRequest = NonNullable<SallyportPart['request']>;
type Described = {
  method: string;
  rawTarget: string;
  kube: RequestInfo | undefined;
  /** Whom the request asks to act as. */
  impersonate?: readonly string[] | undefined;
};

/**
 * How much of a text an event contains. `part`: for requests that may be refused, or that a client can repeat at will.
 * `whole`: for those that go upstream and change something or open a shell, everything that a request head can carry.
 */
export const maxLength = { part: 4096, whole: 65_536 } as const;
const maxUri = 1024;
const mayNameCommand = /[?&](?:c|%63)(?:o|%6f|m|%6d)/i;

/** Keeps head and tail of a text that is too long, so that padding cannot decide what is left out. */
function bounded(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max / 2)}…${text.slice(text.length - max / 2)}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Returns the query parameters that carry a command, and whether the event has that command in its own member. */
function commandsIn(kube: RequestInfo | undefined): { names: ReadonlySet<string>; elsewhere: boolean } {
  if (kube?.kubelet?.action === 'run') return { names: new Set(['cmd']), elsewhere: true };
  const elsewhere = kube?.exec !== undefined || kube?.kubelet?.exec !== undefined;
  // A target that could not be parsed might have been that of a run, and a kubelet might be behind a service or a pod.
  const mayRun = !elsewhere && (!kube || Boolean(kube.proxyPath));
  return { names: new Set(mayRun ? ['command', 'cmd'] : ['command']), elsewhere };
}

/**
 * Returns the query, including its question mark, with each pair that names a command replaced by `keep`. A pair that
 * cannot be decoded could name a command, and is left out.
 */
function withCommands(query: string, names: ReadonlySet<string>, keep: (pair: string) => string | undefined): string {
  const kept = query
    .slice(1)
    .split('&')
    .flatMap((pair) => {
      const name = decode(pair.split('=', 1)[0]!);
      if (name === undefined) return [];
      return names.has(name) ? (keep(pair) ?? []) : pair;
    });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

const queryOf = (rawTarget: string) => (rawTarget.includes('?') ? rawTarget.slice(rawTarget.indexOf('?')) : '');

/** Returns the request URI without the command of an exec: `exec.command` has it, in clear or hashed as configured. */
export function auditUri(
  rawTarget: string,
  { kube, ofToken }: { kube?: RequestInfo | undefined; ofToken?: HashToken } = {},
): string {
  const query = queryOf(rawTarget);
  if (query === '' || !mayNameCommand.test(query)) return clientText(rawTarget, ofToken);
  return clientText(
    rawTarget.slice(0, rawTarget.length - query.length) +
      withCommands(query, new Set([...commandsIn(kube).names, 'command']), () => undefined),
    ofToken,
  );
}

/**
 * Returns the query as an event may show it. A command that the event has elsewhere is left out. Any other is shown in
 * clear or hashed as configured.
 */
function shownQuery({ rawTarget, kube }: Described, hidden: HiddenText): string {
  const query = queryOf(rawTarget);
  if (query === '' || !mayNameCommand.test(query)) return query;
  const { names, elsewhere } = commandsIn(kube);
  let hashes = 0;
  return withCommands(query, names, (pair) => {
    if (elsewhere) return undefined;
    if (!hidden.hashed) return pair;
    hashes += 1;
    if (hashes > maxHashes) return undefined; // no request with so many parameters goes upstream
    const mark = pair.indexOf('=');
    return mark === -1 ? pair : `${pair.slice(0, mark + 1)}${hidden.of(decode(pair.slice(mark + 1)) ?? '')}`;
  });
}

/**
 * Describes what a request asks for in separate members, because `requestURI` is cut, and padding could hide any part of
 * it. `max` limits each text.
 */
export function describeRequest(request: Described, hidden: HiddenText, max: number): DescribedRequest {
  const { method, rawTarget, kube, impersonate } = request;
  const query = shownQuery(request, hidden);
  const text = (shown: string | undefined) => (shown ? bounded(visibleText(shown, hidden.ofToken), max) : undefined);
  const target =
    rawTarget.length > maxUri
      ? visibleText(rawTarget.slice(0, rawTarget.length - queryOf(rawTarget).length) + query)
      : undefined;
  // In the order of RFC 8785, because that makes the event cheap to seal.
  return {
    fieldSelector: text(kube?.fieldSelector),
    impersonate: impersonate?.map((name) => visibleText(name, hidden.ofToken)),
    labelSelector: text(kube?.labelSelector),
    method: clientText(method, hidden.ofToken),
    proxyPath: text(kube?.proxyPath),
    query: text(query.slice(1)),
    targetLength: target?.length,
    targetSha256: target === undefined ? undefined : createHash('sha256').update(target).digest('hex'),
  };
}

/** Reports whether every text fits an event that may contain `maxLength.whole` of each. */
export function fitsEvent(request: Described, hidden: HiddenText): boolean {
  // Escaping and hashing make no text of this length sixteen times longer.
  if (request.rawTarget.length <= maxLength.part) return true;
  const {
    query = '',
    labelSelector = '',
    fieldSelector = '',
    proxyPath = '',
  } = describeRequest(request, hidden, Number.MAX_SAFE_INTEGER);
  return Math.max(query.length, labelSelector.length, fieldSelector.length, proxyPath.length) <= maxLength.whole;
}
