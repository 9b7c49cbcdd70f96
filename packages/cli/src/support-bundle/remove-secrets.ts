/** What stands in place of a secret. */
export const removed = '(removed)';

/** The names of settings whose texts are secrets. A name that ends in `File` has a path. */
const secretName = /(?:secret|password|passphrase|token|accesskey|apikey|hmackey)s?$|^key$/i;
/** Sections in which the whole address of a server is a secret, such as that of a chat's webhook. */
const secretAddresses = /^(?:notifications|webhooks?)$/i;

/** Shorter values occur in other texts, where removing them says more than it hides. */
const shortest = 6;

const isPlaceholder = (text: string) => text.replace(/\$\{[^}]*\}/g, '') === '';

/** Returns an address without its credentials and its query, and in some sections without its path. */
function withoutCredentials(text: string, path: readonly string[]): string {
  if (!URL.canParse(text) || !text.includes('://')) return text;
  const { protocol, username, password, host, pathname, search } = new URL(text);
  const isSecret = path.some((name) => secretAddresses.test(name));
  if (username + password + search === '' && !isSecret) return text;
  const credentials = username + password === '' ? '' : `${removed}@`;
  return `${protocol}//${credentials}${host}${isSecret ? `/${removed}` : pathname}`;
}

/**
 * Returns a configuration without its secrets, whose placeholders (`${file:...}`) stay. Adds to `found` what was a secret,
 * so that it can be removed from other texts.
 */
export function removeFromConfig(data: unknown, found: Set<string>, path: readonly string[] = []): unknown {
  if (Array.isArray(data)) return data.map((one) => removeFromConfig(one, found, path));
  if (typeof data === 'object' && data !== null)
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, removeFromConfig(value, found, [...path, name])]),
    );
  if (typeof data !== 'string' || isPlaceholder(data)) return data;
  if (secretName.test(path.at(-1) ?? '') || data.includes('PRIVATE KEY')) {
    found.add(data);
    return removed;
  }
  const shown = withoutCredentials(data, path);
  if (shown !== data) found.add(data);
  return shown;
}

/** Adds to `found` every text that took the place of a placeholder: `raw` has the placeholders, `data` the texts. */
export function findSubstituted(raw: unknown, data: unknown, found: Set<string>): void {
  if (typeof raw === 'string') {
    if (!raw.includes('${') || typeof data !== 'string' || data === raw) return;
    found.add(data);
    // The password in an address also occurs alone.
    if (URL.canParse(data)) found.add(decodeURIComponent(new URL(data).password));
    return;
  }
  if (typeof raw !== 'object' || raw === null || typeof data !== 'object' || data === null) return;
  for (const [name, value] of Object.entries(raw))
    findSubstituted(value, (data as Record<string, unknown>)[name], found);
}

/** Returns a text without these secrets, and how often there was one. */
export function removeFromText(text: string, secrets: ReadonlySet<string>): { text: string; count: number } {
  let count = 0;
  let left = text;
  for (const secret of [...secrets].toSorted((a, b) => b.length - a.length)) {
    if (secret.length < shortest) continue;
    for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])) {
      const parts = left.split(form);
      count += parts.length - 1;
      left = parts.join(removed);
    }
  }
  return { text: left, count };
}
