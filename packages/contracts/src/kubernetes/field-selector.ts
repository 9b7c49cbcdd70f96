/** One condition of a field selector. */
export type FieldRequirement = { field: string; equal: boolean; value: string };

/** Splits a field selector (`metadata.name=a,status.phase!=Running`) into its terms. An escaped comma is data. */
export function splitFieldSelector(selector: string): string[] {
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

/** Parses one term as apimachinery does; undefined if it is malformed. Callers skip empty terms, which are allowed. */
export function parseFieldTerm(term: string): FieldRequirement | undefined {
  // The API server takes the first operator. Of those that begin at the same place it takes the longest.
  const mark = /!=|==|=/.exec(term);
  if (mark === null) return undefined;
  const value = unescapeValue(term.slice(mark.index + mark[0].length));
  return value === undefined ? undefined : { field: term.slice(0, mark.index), equal: mark[0] !== '!=', value };
}

// In a value, a backslash, a comma and an equals sign must be escaped by a backslash, and nothing else may be.
function unescapeValue(raw: string): string | undefined {
  if (!/[\\,=]/.test(raw)) return raw;
  return /^(?:[^\\,=]|\\[\\,=])*$/.test(raw) ? raw.replace(/\\([\\,=])/g, '$1') : undefined;
}
