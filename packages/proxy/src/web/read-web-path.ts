import { ProblemError } from '@sallyport/kit';
import { decodeFully } from '../credential/decode-fully.ts';

type Options = {
  /** Whether a segment may have escaped slashes (`%2F`), which are a part of a name for the application. */
  allowEncodedSlashes: boolean;
};

const bad = (detail: string) => new ProblemError('bad-request', detail);
/** A path that every reader understands alike: nothing escaped, no dot segments, no empty ones. */
const plain = /^(?:\/(?!\.{0,2}(?:[/;]|$))[A-Za-z0-9_~!$&'()*+,;=:@.-]+)+\/?$/;
/** Some readers remove a parameter (`..;x`, RFC 3986, 3.3) or a final blank, and then find a dot segment. */
const dotSegment = /(?:^|[/\\])\.\.?(?:$|[/\\; ])/;
const encodedSlash = /%2f/i;

function decodeSegment(segment: string, { allowEncodedSlashes }: Options): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw bad('The path contains an escape that is malformed or not UTF-8.');
  }
  // Others decode again. An escaped slash that is escaped once more is a name with a slash, as some applications have.
  if (text === '' || dotSegment.test(text.includes('%') ? decodeFully(text).text : text))
    throw bad('The path contains an empty segment, "." or "..".');
  if (/[/\\\u0000-\u001f\u007f]/.test(text))
    throw bad('A segment of the path contains a slash, a backslash or a control character.');
  if (allowEncodedSlashes && encodedSlash.test(text)) throw bad('The path contains a slash that is escaped twice.');
  return text;
}

/** Returns a segment whose escaped slashes stay escaped. What is between them is held to the rules of a segment. */
function readSegment(segment: string, options: Options): string {
  if (!options.allowEncodedSlashes || !encodedSlash.test(segment)) return decodeSegment(segment, options);
  return segment
    .split(encodedSlash)
    .map((part) => decodeSegment(part, options))
    .join('%2F');
}

/**
 * Returns the path of a request target as policies see it: decoded once, but for escaped slashes where they are allowed.
 * The application gets the bytes as they came, so that a path that it could understand differently is refused
 * (`bad-request`). A slash at the end is allowed.
 */
export function readWebPath(target: string, options: Options = { allowEncodedSlashes: false }): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  if (path === '/' || plain.test(path)) return path;
  if (!path.startsWith('/') || target.includes('#')) throw bad('The request target must be a path.');
  const segments = path.slice(1).split('/');
  const endsWithSlash = segments.at(-1) === '' && segments.length > 1;
  if (endsWithSlash) segments.pop();
  // Without its parameter, such a segment is empty.
  if (segments.slice(0, -1).some((segment) => /^(?:;|%3b)/i.test(segment)))
    throw bad('The path contains a segment that has only a parameter (;).');
  return `/${segments.map((segment) => readSegment(segment, options)).join('/')}${endsWithSlash ? '/' : ''}`;
}
