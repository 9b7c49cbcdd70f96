import { privateCaching } from './private-caching.ts';

// What a cluster may not say in the gateway's name: `pods/proxy` and `services/proxy` serve foreign pages from the
// gateway's own origin.
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
  // For a proxy or a cache in front of the gateway: which file to send instead, what to keep for all.
  'x-sendfile',
  'x-lighttpd-send-file',
  'edge-control',
  'cache-tag',
]);
const droppedKinds =
  /^(?:access-control|secure-session|sec-session|attribution-reporting|ad-auction|x-accel|x-reproxy|x-litespeed|surrogate|netlify)-|-cache-control$/;

/** Nothing that a cluster sends may run as a page of the gateway. */
const added = ['content-security-policy', 'sandbox', 'x-content-type-options', 'nosniff'] as const;

function connectionNames(raw: readonly string[]): Set<string> | undefined {
  let names: Set<string> | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.toLowerCase() === 'connection')
      for (const name of raw[index + 1]!.toLowerCase().split(',')) (names ??= new Set()).add(name.trim());
  }
  return names;
}

const isDropped = (lower: string) => dropped.has(lower) || droppedKinds.test(lower);

/**
 * What a trailer may not say (RFC 9110, 6.5.1): how the answer is to be read, where it is, who is meant, how long it
 * keeps. Whoever merges trailers into the head would believe it.
 */
const notBehind = new Set([
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
  !notBehind.has(lower) &&
  !lower.startsWith('content-') &&
  !lower.startsWith('if-') &&
  !lower.startsWith('impersonate-');

/**
 * The trailers of a cluster's answer as they go to the client, by the same rule and their own; what Node could not
 * write is left out, for the body is whole without it.
 */
export function cleanTrailers(raw: readonly string[]): [string, string][] {
  const kept: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const [name, value] = [raw[index]!, raw[index + 1]!];
    const lower = name.toLowerCase();
    if (!isDropped(lower) && mayBeTrailer(lower) && /^[\t\x20-\x7e]*$/.test(value)) kept.push([name, value]);
  }
  return kept;
}

/**
 * The header lines of a cluster's answer as they go to the client: flat, repeated names kept, without hop-by-hop lines,
 * cookies, CORS grants, what speaks for a whole origin, and what would let a shared cache keep them.
 */
export function cleanResponseHeaders(raw: readonly string[], status: number): string[] {
  const lengthless = status < 200 || status === 204; // RFC 9110, 8.6: a length there could be taken for that of a body
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
