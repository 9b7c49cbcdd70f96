/** Subject alternative names by kind. */
export type AltNames = {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
};

const kinds = { DNS: 'dns', email: 'email', URI: 'uri' } as const;

/** Returns the end of the name that begins at `start`: the next `, ` outside of quotes, or the end of the text. */
function endOfName(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ',' && text[at + 1] === ' ') return at;
  }
  return text.length;
}

function unquote(value: string): string | undefined {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return undefined;
  }
}

/**
 * Parses the extension as formatted by Node.js (`DNS:a, URI:"b, c"`). Node.js quotes an ambiguous name as JSON, so a
 * name cannot contain another one.
 */
export function parseAltNames(text: string | undefined): AltNames {
  const names = { dns: [] as string[], email: [] as string[], uri: [] as string[] };
  for (let at = 0; text !== undefined && at < text.length;) {
    const end = endOfName(text, at);
    const colon = text.indexOf(':', at);
    const kind = colon < 0 || colon > end ? '' : text.slice(at, colon);
    const value = Object.hasOwn(kinds, kind) ? unquote(text.slice(colon + 1, end)) : undefined;
    if (value !== undefined) names[kinds[kind as keyof typeof kinds]].push(value);
    at = end + 2;
  }
  return names;
}
