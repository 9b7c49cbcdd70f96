import { serviceAccountPrefix } from '../identity/session.ts';

/** A template of user names, such as `ci:{{repository}}`. `prefix` is its literal start, up to the first colon. */
export type UserTemplate = { prefix: string; parts: readonly (string | { claim: string })[] };

const prefixForm = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?:/;
/** Prefixes of users that are not those of workloads, and whose they are. */
const reserved: Readonly<Record<string, string>> = {
  'system:': 'Kubernetes',
  [serviceAccountPrefix]: 'service accounts of the gateway',
};

/** Parses a template of user names. Returns what is wrong with it, if anything is. */
export function parseUserTemplate(text: string): UserTemplate | string {
  const [prefix] = prefixForm.exec(text) ?? [];
  if (prefix === undefined)
    return 'must begin with a prefix of its own that ends in a colon, such as "ci:", so that it is never the name of a person';
  if (Object.hasOwn(reserved, prefix))
    return `must not begin with ${prefix}, which is reserved for ${reserved[prefix]}`;
  const parts: (string | { claim: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const claim = match[1]!.trim();
    if (claim === '') return 'has a placeholder without a claim; write it like {{repository}}';
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ claim });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  if (parts.some((part) => typeof part === 'string' && /[{}]/.test(part)))
    return 'has a brace outside a placeholder; write placeholders like {{repository}}';
  return { prefix, parts };
}
