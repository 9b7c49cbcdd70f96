/** One directive of Cache-Control (RFC 9111, 5.2) with the comma after it. A quoted argument may contain commas. */
const directive =
  /[\t ,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(=(?:"(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9A-Za-z-]+))?[\t ]*(?:,[\t ,]*|$)/y;

/**
 * Directives that let a shared cache store a response, or that are only for such caches. `private` is added again without
 * the field names that would narrow it.
 */
const forShared = new Set(['public', 's-maxage', 'proxy-revalidate', 'private']);

/** The value that API servers send with nearly every response. */
const usual = 'no-cache, private';

/**
 * Returns Cache-Control as it goes to the client. A response is for the one user who asked, so that no shared cache
 * between the user and the gateway may store it, whatever the cluster sends. For how long the user's own program caches
 * it is still up to the cluster. A value that cannot be parsed becomes `private`.
 */
export function privateCaching(value: string | undefined): string {
  if (value === undefined || value === usual) return value ?? 'private';
  let kept = '';
  directive.lastIndex = 0;
  while (directive.lastIndex < value.length) {
    const match = directive.exec(value);
    if (!match) return 'private';
    if (!forShared.has(match[1]!.toLowerCase())) kept += `${match[1]!}${match[2] ?? ''}, `;
  }
  return kept === 'no-cache, ' ? usual : `${kept}private`;
}

// Headers that a cluster must not send in the gateway's name: `pods/proxy` and `services/proxy` serve foreign pages from
// the gateway's origin.
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  'service-worker-allowed',
  'strict-transport-security',
  'public-key-pins',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'content-security-policy',
  'content-security-policy-report-only',
  'x-content-type-options',
  'x-frame-options',
  'permissions-policy',
  'origin-agent-cluster',
  'set-login',
  'accept-ch',
  'critical-ch',
  'use-as-dictionary',
  'speculation-rules',
  'cross-origin-opener-policy',
  'cross-origin-embedder-policy',
  'cross-origin-resource-policy',
  'www-authenticate',
  'server',
  'refresh',
  'sourcemap',
  'x-sourcemap',
  'timing-allow-origin',
  'activate-storage-access',
  'observe-browsing-topics',
  'shared-storage-write',
  'login-status',
  'integrity-policy',
  'integrity-policy-report-only',
  'cross-origin-opener-policy-report-only',
  'cross-origin-embedder-policy-report-only',
  'permissions-policy-report-only',
  'document-policy',
  'document-policy-report-only',
  'require-document-policy',
  'feature-policy',
  'expect-ct',
  'public-key-pins-report-only',
  'delegate-ch',
  'accept-ch-lifetime',
  'supports-loading-mode',
  'x-permitted-cross-domain-policies',
  'x-dns-prefetch-control',
  'authentication-info',
  'proxy-authentication-info',
  'optional-www-authenticate',
  'alternate-protocol',
  'no-vary-search',
  'p3p',
  'x-xss-protection',
  // Orders to a proxy or a cache in front of the gateway: which file to send instead, what to cache for all users.
  'x-sendfile',
  'x-lighttpd-send-file',
  'edge-control',
  'cache-tag',
]);
const droppedKinds =
  /^(?:access-control|secure-session|sec-session|attribution-reporting|ad-auction|x-accel|x-reproxy|x-litespeed|surrogate|netlify)-|-cache-control$/;

/** With these headers, nothing from a cluster can run as a page of the gateway. */
const added = ['content-security-policy', 'sandbox', 'x-content-type-options', 'nosniff'] as const;

/** The names in the `Connection` headers, in lower case. Undefined if there is none. */
export function connectionNames(raw: readonly string[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2)
    if (raw[index]!.length === 10 && raw[index]!.toLowerCase() === 'connection')
      for (const name of raw[index + 1]!.toLowerCase().split(',')) (names ??= new Set()).add(name.trim());
  return names;
}

/** The value of the first line with this name, which is in lower case. */
export function headerOf(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2)
    if (lines[index]!.length === name.length && lines[index]!.toLowerCase() === name) return lines[index + 1];
  return undefined;
}

const isDropped = (lower: string) => dropped.has(lower) || droppedKinds.test(lower);

/**
 * Fields that must not be trailers (RFC 9110, 6.5.1): those on framing, routing, authentication and caching. A recipient
 * that merges trailers into the header would act on them.
 */
const notInTrailers = new Set([
  'host',
  'authorization',
  'cookie',
  'location',
  'refresh',
  'retry-after',
  'vary',
  'age',
  'cache-control',
  'pragma',
  'expires',
  'date',
  'etag',
  'last-modified',
  'link',
  'expect',
  'max-forwards',
  'range',
  'audit-id',
]);
const mayBeTrailer = (lower: string) =>
  !notInTrailers.has(lower) &&
  !lower.startsWith('content-') &&
  !lower.startsWith('if-') &&
  !lower.startsWith('impersonate-');

/**
 * Returns the trailers of a cluster's response that go to the client. The rules for headers apply, and those for trailers.
 * What Node could not write is left out, because the body is complete without it.
 */
export function cleanTrailers(raw: readonly string[]): [string, string][] {
  const kept: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    const value = raw[index + 1]!;
    const lower = name.toLowerCase();
    if (!isDropped(lower) && mayBeTrailer(lower) && /^[\t\x20-\x7e]*$/.test(value)) kept.push([name, value]);
  }
  return kept;
}

/**
 * Returns the header lines of a cluster's response that go to the client: flat, with repeated names. Left out are
 * hop-by-hop headers, cookies, CORS grants, headers about the whole origin, and permission for shared caches to store
 * the response.
 */
export function cleanResponseHeaders(raw: readonly string[], status: number): string[] {
  const lengthless = status < 200 || status === 204; // RFC 9110, 8.6: a length could be taken for that of a body
  const listed = connectionNames(raw);
  const kept: string[] = [];
  let caching: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const lower = raw[index]!.toLowerCase();
    if (lower === 'cache-control') {
      caching = caching === undefined ? raw[index + 1]! : `${caching}, ${raw[index + 1]!}`;
      continue;
    }
    if (isDropped(lower) || listed?.has(lower) || (lengthless && lower === 'content-length')) continue;
    kept.push(raw[index]!, raw[index + 1]!);
  }
  if (status >= 200) kept.push('cache-control', privateCaching(caching));
  kept.push(...added);
  return kept;
}
