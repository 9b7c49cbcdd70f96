import { createHash } from 'node:crypto';
import type { SallyportPart } from '@sallyport/contracts';
import type { RequestInfo } from '@sallyport/kubernetes';
import { clientText, visibleText } from './client-text.ts';
import { mostHashes, type ExecCommandText } from './exec-command-text.ts';

export type DescribedRequest = NonNullable<SallyportPart['request']>;
type Described = { method: string; rawTarget: string; kube: RequestInfo | undefined };

/**
 * How much of a text an event holds: of whatever may be refused or repeated at will a part, of what goes upstream and
 * changes something or opens a shell all that a head can carry.
 */
export const longest = { part: 4096, whole: 65_536 } as const;
const mostUri = 1024;
const mayNameCommand = /[?&](?:c|%63)(?:o|%6f|m|%6d)/i;

/** Head and tail of a text that is too long: whoever pads it must not choose what is left out at its end. */
function bounded(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most / 2)}…${text.slice(text.length - most / 2)}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** The parameters of the query that carry a command, and whether the event has that command in a member of its own. */
function commandsIn(kube: RequestInfo | undefined): { names: ReadonlySet<string>; elsewhere: boolean } {
  if (kube?.kubelet?.action === 'run') return { names: new Set(['cmd']), elsewhere: true };
  // A target that could not be read might have been that of a run.
  return {
    names: new Set(kube ? ['command'] : ['command', 'cmd']),
    elsewhere: kube?.exec !== undefined || kube?.kubelet?.exec !== undefined,
  };
}

/**
 * The query, with its mark, and what `keep` makes of each pair that names a command; a pair that cannot be read could
 * name one and is left out.
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

/** The request URI without what exec runs: that is in `exec.command`, in clear or hashed as configured. */
export function auditUri(rawTarget: string, kube?: RequestInfo): string {
  const query = queryOf(rawTarget);
  if (query === '' || !mayNameCommand.test(query)) return clientText(rawTarget);
  return clientText(
    rawTarget.slice(0, rawTarget.length - query.length) +
      withCommands(query, new Set([...commandsIn(kube).names, 'command']), () => undefined),
  );
}

/**
 * The query as an event may show it: a command that the event has elsewhere is left out, any other is shown as commands
 * are shown.
 */
function shownQuery({ rawTarget, kube }: Described, commandText: ExecCommandText): string {
  const query = queryOf(rawTarget);
  if (query === '' || !mayNameCommand.test(query)) return query;
  const { names, elsewhere } = commandsIn(kube);
  let hashes = 0;
  return withCommands(query, names, (pair) => {
    if (elsewhere) return undefined;
    if (!commandText.hashed) return pair;
    hashes += 1;
    if (hashes > mostHashes) return undefined; // no request with so many parameters is let through
    const mark = pair.indexOf('=');
    return mark === -1 ? pair : `${pair.slice(0, mark + 1)}${commandText.of(decode(pair.slice(mark + 1)) ?? '')}`;
  });
}

/**
 * What a request asks, in members of its own: `requestURI` is cut, and its padding could hide any of them. `most`
 * bounds each text.
 */
export function describeRequest(request: Described, commandText: ExecCommandText, most: number): DescribedRequest {
  const { method, rawTarget, kube } = request;
  const described: DescribedRequest = { method: clientText(method) };
  const query = shownQuery(request, commandText);
  const text = (shown: string) => bounded(visibleText(shown), most);
  if (query.length > 1) described.query = text(query.slice(1));
  if (kube?.labelSelector) described.labelSelector = text(kube.labelSelector);
  if (kube?.fieldSelector) described.fieldSelector = text(kube.fieldSelector);
  if (kube?.proxyPath) described.proxyPath = text(kube.proxyPath);
  if (rawTarget.length <= mostUri) return described;
  const target = visibleText(rawTarget.slice(0, rawTarget.length - queryOf(rawTarget).length) + query);
  return { ...described, targetSha256: createHash('sha256').update(target).digest('hex'), targetLength: target.length };
}

/** True if an event that may hold `longest.whole` of each text holds all of them. */
export function fitsEvent(request: Described, commandText: ExecCommandText): boolean {
  // Escapes and hashes make no text of this length sixteen times longer.
  if (request.rawTarget.length <= longest.part) return true;
  const {
    query = '',
    labelSelector = '',
    fieldSelector = '',
    proxyPath = '',
  } = describeRequest(request, commandText, Number.MAX_SAFE_INTEGER);
  return Math.max(query.length, labelSelector.length, fieldSelector.length, proxyPath.length) <= longest.whole;
}
