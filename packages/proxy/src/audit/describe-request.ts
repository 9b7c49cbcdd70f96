import { createHash } from 'node:crypto';
import {
  commandStart,
  isCommandParameter,
  mayNameCommand,
  withoutCommand,
  type SallyportPart,
} from '@sallyport/contracts';
import { type RequestInfo, isSecretRead, isWrite, isShellRequest } from '@sallyport/kubernetes';
import type { HashToken } from '../credential/own-token.ts';
import { clientText, visibleText } from '../credential/client-text.ts';
import { maxHashes, type HiddenText } from './hidden-text.ts';

/**
 * Reports whether the event of a request that goes upstream must contain everything that it asks for: it changes
 * something, opens a shell or reads Secrets.
 */
export function mustRecordAll(kube: RequestInfo): boolean {
  return isWrite(kube) || isShellRequest(kube) || isSecretRead(kube);
}

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

/** Returns the parameter whose values the event has in `exec.command`: the one that the reader of the request takes. */
function recordedParameter(kube: RequestInfo | undefined): string | undefined {
  if (kube?.kubelet?.action === 'run') return 'cmd';
  return (kube?.exec ?? kube?.kubelet?.exec) ? 'command' : undefined;
}

const nameOf = (pair: string) => decode(pair.split('=', 1)[0]!);
const queryOf = (rawTarget: string) => (rawTarget.includes('?') ? rawTarget.slice(rawTarget.indexOf('?')) : '');
const pathOf = (rawTarget: string) => rawTarget.slice(0, rawTarget.length - queryOf(rawTarget).length);

/**
 * Returns the query, including its question mark, with each pair that carries a command replaced by `keep`. A pair that
 * cannot be decoded could carry a command, and is left out.
 */
function withCommands(query: string, keep: (pair: string) => string | undefined): string {
  if (query === '' || !mayNameCommand(query)) return query;
  const kept = query
    .slice(1)
    .split('&')
    .flatMap((pair) => {
      if (nameOf(pair) === undefined) return [];
      return isCommandParameter(pair) ? (keep(pair) ?? []) : pair;
    });
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** Returns the request URI without any command: `exec.command` or `request.query` has it, as configured. */
export function auditUri(rawTarget: string, ofToken?: HashToken): string {
  const shown = withoutCommand(pathOf(rawTarget)) + withCommands(queryOf(rawTarget), () => undefined);
  return clientText(shown, ofToken);
}

/** Hides the value of a pair, and all of a pair that has its command in an odd place. */
function hidePair(pair: string, hidden: HiddenText): string {
  const mark = pair.indexOf('=');
  const isPlain = /^(?:command|cmd)$/.test(nameOf(pair) ?? '') && mark !== -1;
  const value = isPlain ? pair.slice(mark + 1) : pair;
  return `${isPlain ? pair.slice(0, mark) : 'command'}=${hidden.of(decode(value) ?? value)}`;
}

/**
 * Returns the query as an event may show it. A command that the event has elsewhere is left out. Any other is shown in
 * clear or hashed as configured.
 */
function shownQuery({ rawTarget, kube }: Described, hidden: HiddenText): string {
  const recorded = recordedParameter(kube);
  let hashes = 0;
  return withCommands(queryOf(rawTarget), (pair) => {
    if (nameOf(pair) === recorded) return undefined;
    if (!hidden.hashed) return pair;
    hashes += 1;
    // No request with so many parameters goes upstream.
    return hashes > maxHashes ? undefined : hidePair(pair, hidden);
  });
}

/** Returns a path, or a part of it, as an event may show it: a command is in clear or hashed as configured. */
export function shownPath(path: string, hidden: HiddenText): string {
  const start = hidden.hashed ? commandStart(path) : -1;
  return start === -1 ? path : `${path.slice(0, start)}[redacted:${hidden.of(path.slice(start))}]`;
}

/**
 * Describes what a request asks for in separate members, because `requestURI` is cut, and padding could hide any part of
 * it. `max` limits each text.
 */
export function describeRequest(request: Described, hidden: HiddenText, max: number): DescribedRequest {
  const { method, rawTarget, kube, impersonate } = request;
  const query = shownQuery(request, hidden);
  const text = (shown: string | undefined) => (shown ? bounded(visibleText(shown, hidden.ofToken), max) : undefined);
  const target = rawTarget.length > maxUri ? visibleText(shownPath(pathOf(rawTarget), hidden) + query) : undefined;
  // In the order of RFC 8785, because that makes the event cheap to seal.
  return {
    fieldSelector: text(kube?.fieldSelector),
    impersonate: impersonate?.map((name) => visibleText(name, hidden.ofToken)),
    labelSelector: text(kube?.labelSelector),
    method: clientText(method, hidden.ofToken),
    proxyPath: text(kube?.proxyPath && shownPath(kube.proxyPath, hidden)),
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
