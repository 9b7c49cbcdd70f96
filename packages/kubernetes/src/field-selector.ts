/** One condition of a field selector. */
export type FieldRequirement = { field: string; equal: boolean; value: string };

/**
 * Parses a field selector (`metadata.name=a,status.phase!=Running`) as apimachinery does, terms in its sorted order;
 * undefined if it is malformed.
 */
export function parseFieldSelector(selector: string): FieldRequirement[] | undefined {
  const requirements: FieldRequirement[] = [];
  for (const term of sorted(splitTerms(selector))) {
    if (term === '') continue;
    const requirement = parseTerm(term);
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

/** The value that a selector requires of `field`: empty if it requires none, undefined if the selector is malformed. */
export function requiredFieldValue(selector: string, field: string): string | undefined {
  let least: Buffer | undefined;
  let value = '';
  // Not sorted as a whole: this is read for whoever can connect, and sorting tens of thousands of terms takes tens of
  // milliseconds.
  for (const term of selector === '' ? [] : splitTerms(selector)) {
    if (term === '') continue;
    const requirement = parseTerm(term);
    if (requirement === undefined) return undefined;
    if (!requirement.equal || requirement.field !== field) continue;
    const bytes = Buffer.from(term);
    if (least !== undefined && bytes.compare(least) >= 0) continue;
    least = bytes;
    value = requirement.value;
  }
  return value;
}

// A comma after a backslash is data.
function splitTerms(selector: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < selector.length; at += 1) {
    if (selector[at] === '\\') at += 1;
    else if (selector[at] === ',') {
      terms.push(selector.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(selector.slice(start));
  return terms;
}

// Of two values for one field the first in byte order wins, so the order is part of the meaning.
function sorted(terms: string[]): string[] {
  if (terms.length < 2) return terms;
  return terms
    .map((term) => Buffer.from(term))
    .sort((a, b) => a.compare(b))
    .map((term) => term.toString());
}

function parseTerm(term: string): FieldRequirement | undefined {
  const mark = /!=|==|=/.exec(term);
  if (mark === null) return undefined;
  const value = unescapeValue(term.slice(mark.index + mark[0].length));
  return value === undefined ? undefined : { field: term.slice(0, mark.index), equal: mark[0] !== '!=', value };
}

// Backslash, comma and equals sign stand in a value only behind a backslash, and nothing else does.
function unescapeValue(raw: string): string | undefined {
  if (!/[\\,=]/.test(raw)) return raw;
  return /^(?:[^\\,=]|\\[\\,=])*$/.test(raw) ? raw.replace(/\\([\\,=])/g, '$1') : undefined;
}
