/**
 * One value that every object must have in this field, or undefined if the selector does not say so: it is empty,
 * malformed, or names two.
 */
function findPin(selector: string, field: string): string | undefined {
  let found: string | undefined;
  for (const term of splitTerms(selector)) {
    if (term === '') continue;
    // The API server takes the first operator, of those that begin at the same place the longest.
    const mark = /!=|==|=/.exec(term);
    if (mark === null) return undefined;
    const value = unescapeValue(term.slice(mark.index + mark[0].length));
    if (value === undefined) return undefined;
    if (mark[0] === '!=' || term.slice(0, mark.index) !== field) continue;
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found === '' ? undefined : found;
}

/** A comma after a backslash is data. */
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

/** Backslash, comma and equals sign stand in a value only behind a backslash, and nothing else does. */
function unescapeValue(raw: string): string | undefined {
  if (!/[\\,=]/.test(raw)) return raw;
  return /^(?:[^\\,=]|\\[\\,=])*$/.test(raw) ? raw.replace(/\\([\\,=])/g, '$1') : undefined;
}

// The selector that was read last: the many rules that look at one request must not each read it anew.
const last = { selector: '', namespace: undefined as string | undefined, name: undefined as string | undefined };

/**
 * The namespace or name that a field selector pins (`metadata.namespace=dev`), read as apimachinery reads it. Terms are
 * joined by AND.
 */
export function pinnedValue(selector: unknown, field: 'namespace' | 'name'): string | undefined {
  if (typeof selector !== 'string' || selector === '') return undefined;
  if (selector !== last.selector) {
    Object.assign(last, {
      selector,
      namespace: findPin(selector, 'metadata.namespace'),
      name: findPin(selector, 'metadata.name'),
    });
  }
  return last[field];
}
