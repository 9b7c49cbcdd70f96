import { decodeFully } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

type Options = {
  /** Whether a segment may have escaped slashes (`%2F`), which are a part of a name for the application. */
  allowEncodedSlashes: boolean;
};

const bad = (detail: string) => new ProblemError('bad-request', detail);
/** A path that every reader understands alike: nothing escaped, no dot segments, no empty ones. */
const plain = /^(?:\/(?!\+*\.{0,2}\+*(?:[/;]|$))[A-Za-z0-9_~!$&'()*+,;=:@.-]+)+\/?$/;
/**
 * A part that is `.` or `..` for some readers. They remove blanks around it (`+` is one in forms), or cut it at what ends
 * a path for them: a parameter (`..;x`, RFC 3986, 3.3), a query, a NUL, a byte that is not UTF-8.
 */
const dotSegment = /^[\s\p{C}\p{Z}+]*\.\.?(?:\+*$|[\s\p{C}\p{Z};?#\\\uFFFD])/u;
const encodedSlash = /%2f/i;
/** ASCII in more bytes than it needs, which old decoders accept. */
const overlong = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]|\xf0\x80[\x80\x81][\x80-\xbf]/;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw bad('The path contains an escape that is malformed or not UTF-8.');
  }
}

/** Returns the parts as which a reader sees one that folds wide letters (NFKC): `‥` is `..`, and `／` a slash. */
const foldedParts = (part: string) => part.normalize('NFKC').split(/[/\\]/);

/** Refuses parts of a path that some reader removes or cuts. `isLast` is whether nothing follows them. */
function refuseUnclear(parts: readonly string[], isLast: boolean): void {
  for (const [index, part] of parts.entries()) {
    if (part === '' || foldedParts(part).some((one) => dotSegment.test(one)))
      throw bad('The path contains an empty segment, "." or "..".');
    if (/[/\\\p{Cc}]/u.test(part))
      throw bad('A segment of the path contains a slash, a backslash or a control character.');
    // Without its parameter, such a segment is empty.
    if (part.startsWith(';') && !(isLast && index === parts.length - 1))
      throw bad('The path contains a segment that has only a parameter (;).');
  }
}

/**
 * Refuses what readers find that decode again: the same as if it were escaped once. Slashes are names there, as some
 * applications have them, but policies must know of each: `slashes` of them.
 */
function refuseUnclearAgain(segment: string, slashes: number, isLast: boolean): void {
  const bytes = decodeFully(segment).text;
  if (overlong.test(bytes)) throw bad('The path contains an escape that is not UTF-8.');
  const parts = Buffer.from(bytes, 'latin1').toString().split('/');
  if (parts.length - 1 !== slashes) throw bad('The path contains a slash that is escaped too often.');
  refuseUnclear(parts, isLast);
}

/** Returns a segment decoded once. Escaped slashes stay escaped where they are allowed. */
function readSegment(segment: string, isLast: boolean, { allowEncodedSlashes }: Options): string {
  const parts = (allowEncodedSlashes ? segment.split(encodedSlash) : [segment]).map(decode);
  refuseUnclear(parts, isLast);
  if (parts.some((part) => part.includes('%')))
    refuseUnclearAgain(segment, (allowEncodedSlashes ? parts : parts[0]!.split(encodedSlash)).length - 1, isLast);
  return parts.join('%2F');
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
  const last = segments.length - 1;
  const read = segments.map((segment, index) => readSegment(segment, index === last, options));
  return `/${read.join('/')}${endsWithSlash ? '/' : ''}`;
}
