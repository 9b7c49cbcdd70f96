/** The refusal of a request target, with a reason for the caller. */
export type TargetRefusal = { ok: false; reason: string };

/** Creates a refusal; `reason` is a clause without a final dot. */
export function refuseTarget(reason: string): TargetRefusal {
  return { ok: false, reason: `The request target is refused: ${reason}.` };
}

/** Decoded parameters, with values in their order. */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

/** Parameters that determine what a request is. Of two values, one reader would take the first and another the last. */
const single: ReadonlySet<string> = new Set(['watch', 'dryRun', 'fieldSelector', 'labelSelector', 'container']);

// Go's net/url drops the whole query above 10,000 parameters. No client needs a tenth of that.
const maxParameters = 1000;

const none: QueryParameters = new Map();
const visibleAsciiNoFragment = /^[\x21\x22\x24-\x3a\x3c-\x7e]*$/;

/** Parses a query string that begins with `?` (or is empty) like Go's net/url, and refuses what is ambiguous. */
export function parseQuery(rawQuery: string): { ok: true; query: QueryParameters } | TargetRefusal {
  if (rawQuery.length < 2) return { ok: true, query: none };
  if (!visibleAsciiNoFragment.test(rawQuery)) return refuseTarget(wrongCharacter(rawQuery));
  const pairs = rawQuery.slice(1).split('&');
  if (pairs.length > maxParameters) return refuseTarget(`the query has more than ${maxParameters} parameters`);
  const query = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const mark = pair.indexOf('=');
    const name = decode(mark === -1 ? pair : pair.slice(0, mark));
    const value = mark === -1 ? '' : decode(pair.slice(mark + 1));
    if (name === undefined || value === undefined)
      return refuseTarget('the query has an escape that is malformed, not UTF-8, or a NUL');
    const before = query.get(name);
    if (before === undefined) query.set(name, [value]);
    else if (single.has(name)) return refuseTarget(`the parameter ${name} appears more than once`);
    else before.push(value);
  }
  return { ok: true, query };
}

function decode(raw: string): string | undefined {
  const spaced = raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  if (!spaced.includes('%')) return spaced;
  try {
    const value = decodeURIComponent(spaced);
    return value.includes('\0') ? undefined : value;
  } catch {
    return undefined;
  }
}

function wrongCharacter(rawQuery: string): string {
  if (rawQuery.includes('#')) return 'it has a fragment (#)';
  if (rawQuery.includes(';')) return 'the query has a semicolon, which must be written as %3B';
  return 'the query has a byte outside visible ASCII that is not percent-encoded';
}
