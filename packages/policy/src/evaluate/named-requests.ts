import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';

/** A request to a web application, as far as the person who makes it chooses it. */
export type NamedRequest = { readonly method: string; readonly path: string };

const frontPage: NamedRequest = { method: 'GET', path: '/' };
/** Each is evaluated until one is allowed, so the policies must not make them many. */
const maxRequests = 32;

/** Returns the texts that the data of a string matcher names. */
function textsOf(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  const { is, in: among, starts_with: start } = (data ?? {}) as Record<string, unknown>;
  return [is, start, ...(Array.isArray(among) ? (among as unknown[]) : [])].filter((one) => typeof one === 'string');
}

/** Returns what the criteria with this name say in a rule, or the given text if there are none. */
function namedBy({ labels, data }: Alternative, criterion: string, otherwise: string): string[] {
  const texts = labels.flatMap((label, index) => (label === criterion ? textsOf(data[index]) : []));
  return texts.length === 0 ? [otherwise] : texts;
}

/**
 * Returns requests by which policies for a web application can be asked whether a person may use it: that for the front
 * page, then those with the methods and paths that the allow rules name. If one of them is allowed, the person may surely
 * use the application. If none is, the policies allow nothing to the person, or only what cannot be read from their rules,
 * such as a path that contains something.
 */
export function namedRequests(policies: readonly CompiledPolicy[]): readonly NamedRequest[] {
  const found = new Map([['GET /', frontPage]]);
  for (const { allow } of policies)
    for (const alternative of allow) {
      if (alternative.invert) continue;
      for (const path of namedBy(alternative, 'http_path', frontPage.path))
        for (const method of namedBy(alternative, 'http_method', frontPage.method)) {
          if (found.size === maxRequests) return [...found.values()];
          if (path.startsWith('/')) found.set(`${method} ${path}`, { method, path });
        }
    }
  return [...found.values()];
}
