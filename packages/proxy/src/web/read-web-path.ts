import { ProblemError } from '@sallyport/kit';

const bad = (detail: string) => new ProblemError('bad-request', detail);
/** A path that every reader understands alike: nothing escaped, no dot segments, no empty ones. */
const plain = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_~!$&'()*+,;=:@.-]+)+\/?$/;

function decodeSegment(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw bad('The path contains an escape that is malformed or not UTF-8.');
  }
  if (text === '' || text === '.' || text === '..') throw bad('The path contains an empty segment, "." or "..".');
  if (/[/\\\u0000-\u001f\u007f]/.test(text))
    throw bad('A segment of the path contains a slash, a backslash or a control character.');
  return text;
}

/**
 * Returns the path of a request target as policies see it: decoded once. The application gets the bytes as they came, so
 * that a path that it could understand differently is refused (`bad-request`). A slash at the end is allowed.
 */
export function readWebPath(target: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  if (path === '/' || plain.test(path)) return path;
  if (!path.startsWith('/') || target.includes('#')) throw bad('The request target must be a path.');
  const segments = path.slice(1).split('/');
  const endsWithSlash = segments.at(-1) === '' && segments.length > 1;
  if (endsWithSlash) segments.pop();
  return `/${segments.map(decodeSegment).join('/')}${endsWithSlash ? '/' : ''}`;
}
