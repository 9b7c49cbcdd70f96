import { parseQuery, refuseTarget, type QueryParameters, type TargetRefusal } from './parse-query.ts';
import { proxyTailStart } from './path-words.ts';

/** A request target that every HTTP stack on the way reads alike. */
export type RequestTarget = {
  ok: true;
  /** The path with its escapes decoded once, as the API server's authorizer sees it. */
  path: string;
  /**
   * The decoded parts between the slashes, without empty ones for leading and trailing slashes: the API server reads
   * `/version/` and `/version` alike.
   */
  segments: readonly string[];
  query: QueryParameters;
  /** The bytes as received and as sent upstream: `rawPath + rawQuery` is the input. */
  rawPath: string;
  /** The query with its `?`, or an empty string. */
  rawQuery: string;
};

// Unambiguous segments, optionally with a final slash: nearly every request.
const plainPath = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_~.:@-]*)+\/?$/;
const visibleAscii = /^[\x21-\x7e]*$/;
// Some readers remove a parameter (`..;x`, RFC 3986, 3.3) or a final blank, and then find a dot segment.
const dotSegment = /^\.\.?(?:$|[; ])/;
const forbiddenInSegment = /[\u0000-\u001f\u007f-\u009f/\\]/;

/**
 * Parses a request target in origin form. Refuses anything that another HTTP stack might read differently, and rewrites
 * nothing. Takes time linear in the length of the input.
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
  if (rawPath[0] !== '/') return refuseTarget('it must begin with a slash (origin form of RFC 9112)');
  if (!visibleAscii.test(rawPath))
    return refuseTarget('the path has a byte outside visible ASCII that is not percent-encoded');
  if (rawPath.includes('#')) return refuseTarget('it has a fragment (#)');
  if (rawPath === '/') return { ok: true, path: '/', segments: [] };
  const decoded: string[] = [];
  for (const raw of rawPath.slice(1).split('/')) {
    const segment = decodeSegment(raw);
    if (typeof segment !== 'string') return segment;
    decoded.push(segment);
  }
  // Names in Kubernetes have no semicolons. One reader takes `namespaces/prod;x` for a namespace of that name, another
  // for `prod`.
  const parameter = decoded.findIndex((segment) => segment.includes(';'));
  if (parameter !== -1) {
    const tail = proxyTailStart(decoded);
    if (tail === -1 || parameter < tail) return refuseTarget('a path segment has a parameter (;)');
  }
  return withoutStrayEmptySegments(decoded);
}

function decodeSegment(raw: string): string | TargetRefusal {
  let segment = raw;
  if (raw.includes('%')) {
    try {
      segment = decodeURIComponent(raw);
    } catch {
      return refuseTarget('the path has an escape that is malformed or not UTF-8');
    }
  }
  if (dotSegment.test(segment)) return refuseTarget('the path has a dot segment');
  if (forbiddenInSegment.test(segment))
    return refuseTarget('a path segment contains a slash, a backslash or a control character');
  return segment;
}

// A path may end in one slash, as generated clients write it for discovery: all readers in the API server remove it
// (splitPath of RequestInfoFactory, tokenizePath of go-restful). Two slashes make an empty segment for some readers only.
// After a proxy subresource any number is allowed, because a pod, service or node serves that path.
function withoutStrayEmptySegments(decoded: string[]): ParsedPath | TargetRefusal {
  const path = `/${decoded.join('/')}`;
  const firstEmpty = decoded.indexOf('');
  if (firstEmpty === -1) return { ok: true, path, segments: decoded };
  if (firstEmpty < decoded.length - 1) {
    const tail = proxyTailStart(decoded);
    if (tail === -1 || firstEmpty < tail) return refuseTarget('the path has an empty segment');
  }
  let end = decoded.length;
  while (decoded[end - 1] === '') end -= 1;
  return { ok: true, path, segments: decoded.slice(0, end) };
}
