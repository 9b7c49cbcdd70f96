// What a cluster may not say in the gateway's name: `pods/proxy` and `services/proxy` serve foreign pages from the gateway's own origin.
const dropped = new Set([
  'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
  'set-cookie', 'set-cookie2', 'clear-site-data', 'service-worker-allowed', 'strict-transport-security', 'public-key-pins', 'alt-svc', 'nel', 'report-to', 'reporting-endpoints',
  'content-security-policy', 'content-security-policy-report-only', 'x-content-type-options', 'x-frame-options', 'permissions-policy', 'origin-agent-cluster', 'set-login', 'accept-ch', 'critical-ch', 'use-as-dictionary', 'speculation-rules', 'cross-origin-opener-policy', 'cross-origin-embedder-policy', 'cross-origin-resource-policy', 'www-authenticate', 'server',
]);

/** Nothing that a cluster sends may run as a page of the gateway. */
const added = ['content-security-policy', 'sandbox', 'x-content-type-options', 'nosniff'] as const;

function connectionNames(raw: readonly string[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.toLowerCase() === 'connection') for (const name of raw[index + 1]!.toLowerCase().split(',')) (names ??= new Set()).add(name.trim());
  }
  return names;
}

const isDropped = (lower: string) => dropped.has(lower) || lower.startsWith('access-control-') || lower.startsWith('secure-session-') || lower.startsWith('sec-session-');

/** What a trailer may not say (RFC 9110, 6.5.1): how the answer is to be read, where it is, who is meant, how long it keeps. Whoever merges trailers into the head would believe it. */
const notBehind = new Set([
  'host', 'authorization', 'cookie', 'location', 'refresh', 'retry-after', 'vary', 'age', 'cache-control', 'pragma', 'expires', 'date', 'etag', 'last-modified', 'link', 'expect', 'max-forwards', 'range', 'audit-id',
]);
const mayBeTrailer = (lower: string) => !notBehind.has(lower) && !lower.startsWith('content-') && !lower.startsWith('if-') && !lower.startsWith('impersonate-');

/** The trailers of a cluster's answer as they go to the client, by the same rule and their own; what Node could not write is left out, for the body is whole without it. */
export function cleanTrailers(raw: readonly string[]): [string, string][] {
  const kept: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!];
    const lower = name.toLowerCase();
    if (!isDropped(lower) && mayBeTrailer(lower) && /^[\t\x20-\x7e]*$/.test(value)) kept.push([name, value]);
  }
  return kept;
}

/** The header lines of a cluster's answer as they go to the client: flat, repeated names kept, without hop-by-hop lines, cookies, CORS grants and what speaks for a whole origin. */
export function cleanResponseHeaders(raw: readonly string[], status: number): string[] {
  const lengthless = status < 200 || status === 204; // RFC 9110, 8.6: a length there could be taken for that of a body
  const listed = connectionNames(raw);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const lower = raw[index]!.toLowerCase();
    if (isDropped(lower) || listed?.has(lower) || (lengthless && lower === 'content-length')) continue;
    kept.push(raw[index]!, raw[index + 1]!);
  }
  kept.push(...added);
  return kept;
}
