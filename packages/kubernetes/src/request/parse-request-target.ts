import { parseQuery } from './parse-query.ts';
import type { QueryParameters } from './parse-query.ts';
import { proxyTailStart } from './proxy-tail-start.ts';

/** A request target that every HTTP stack on the road reads alike. */
export type RequestTarget = {
  ok: true;
  /** The path with its escapes decoded once, as the API server's authoriser sees it. */
  path: string;
  /**
   * The decoded parts between the slashes, without those that leading and trailing slashes would make: the API server
   * reads `/version/` and `/version` alike.
   */
  segments: readonly string[];
  query: QueryParameters;
  /** The bytes as they came and as they are to be sent: `rawPath + rawQuery` is the input. */
  rawPath: string;
  /** With its `?`; empty without one. */
  rawQuery: string;
};

/** Why a target is refused, in words fit for the caller. */
export type TargetRefusal = { ok: false; reason: string };

// One or more segments that nobody could read in two ways, and no query: nearly every request. One slash may end it.
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_~.:@-]*)+\/?$/;
const visibleAscii = /^[\x21-\x7e]*$/;
// Some readers take a parameter (`..;x`, RFC 3986, 3.3) or a blank at the end away, and find a dot segment.
const dotSegment = /^\.\.?(?:$|[; ])/;
const forbiddenInSegment = /[\u0000-\u001f\u007f-\u009f/\\]/;

/**
 * Parses the target of a request line in origin form. It refuses whatever another HTTP stack might read differently,
 * and rewrites nothing. Time is linear in the length of the input.
 */
export function parseRequestTarget(rawUrl: string): RequestTarget | TargetRefusal {
  const mark = rawUrl.indexOf('?');
  const rawPath = mark === -1 ? rawUrl : rawUrl.slice(0, mark);
  const rawQuery = mark === -1 ? '' : rawUrl.slice(mark);
  const path = plainPath.test(rawPath)
    ? {
        ok: true as const,
        path: rawPath,
        segments: rawPath.slice(1, rawPath.endsWith('/') ? -1 : undefined).split('/'),
      }
    : parsePath(rawPath);
  if (!path.ok) return path;
  const query = parseQuery(rawQuery);
  if (!query.ok) return query;
  return { ok: true, path: path.path, segments: path.segments, query: query.query, rawPath, rawQuery };
}

type ParsedPath = { ok: true; path: string; segments: readonly string[] };

function parsePath(rawPath: string): ParsedPath | TargetRefusal {
  if (rawPath[0] !== '/') return refuse('it must begin with a slash (origin form of RFC 9112)');
  if (!visibleAscii.test(rawPath))
    return refuse('the path has a byte outside visible ASCII that is not percent-encoded');
  if (rawPath.includes('#')) return refuse('a fragment (#) does not belong in a request');
  if (rawPath === '/') return { ok: true, path: '/', segments: [] };
  const decoded: string[] = [];
  for (const raw of rawPath.slice(1).split('/')) {
    const segment = decodeSegment(raw);
    if (typeof segment !== 'string') return segment;
    decoded.push(segment);
  }
  // No name of Kubernetes' own has a semicolon: `namespaces/prod;x` is another namespace for one reader and `prod` for
  // another.
  const parameter = decoded.findIndex((segment) => segment.includes(';'));
  if (parameter !== -1) {
    const tail = proxyTailStart(decoded);
    if (tail === -1 || parameter < tail) return refuse('a path segment has a parameter (;)');
  }
  return withoutStrayEmptySegments(decoded);
}

function decodeSegment(raw: string): string | TargetRefusal {
  let segment = raw;
  if (raw.includes('%')) {
    try {
      segment = decodeURIComponent(raw);
    } catch {
      return refuse('the path has a malformed escape or one that is not UTF-8');
    }
  }
  if (dotSegment.test(segment)) return refuse('the path has a dot segment');
  if (forbiddenInSegment.test(segment))
    return refuse('a path segment has a slash, a backslash or a control character in it');
  return segment;
}

// One slash may end a path, as generated clients write it for discovery: the API server's readers all take it away
// (splitPath of RequestInfoFactory, tokenizePath of go-restful). Two make an empty segment, which not every reader
// does. What a pod, service or node serves behind the proxy subresource may have any number.
function withoutStrayEmptySegments(decoded: string[]): ParsedPath | TargetRefusal {
  const path = `/${decoded.join('/')}`;
  const firstEmpty = decoded.indexOf('');
  if (firstEmpty === -1) return { ok: true, path, segments: decoded };
  if (firstEmpty < decoded.length - 1) {
    const tail = proxyTailStart(decoded);
    if (tail === -1 || firstEmpty < tail) return refuse('the path has an empty segment');
  }
  let end = decoded.length;
  while (decoded[end - 1] === '') end -= 1;
  return { ok: true, path, segments: decoded.slice(0, end) };
}

function refuse(reason: string): TargetRefusal {
  return { ok: false, reason: `The request target is refused: ${reason}.` };
}
