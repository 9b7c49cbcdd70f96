import type { ProviderConfig } from './provider.ts';

type Named = Pick<ProviderConfig, 'id' | 'prefix' | 'userFallback'>;
const kinds = ['user', 'groups'] as const;

/** The beginnings of names that belong to other providers: whoever comes from this one must not bear such a name. */
export function foreignPrefixes(provider: Named, all: readonly Named[]): Record<(typeof kinds)[number], string[]> {
  const others = all.filter(({ id }) => id !== provider.id);
  // A name space inside another's is one's own; the other one is kept out of it.
  const foreign = (kind: (typeof kinds)[number], more: string[] = []) =>
    [...new Set([...others.map(({ prefix }) => prefix[kind]), ...more])].filter(
      (prefix) => prefix !== '' && !provider.prefix[kind].startsWith(prefix),
    );
  return {
    user: foreign(
      'user',
      others.filter((one) => one.userFallback).map(({ id }) => `${id}:`),
    ),
    groups: foreign('groups'),
  };
}

/** Says which providers' people or groups may bear the same names: those that have the same prefix. */
export function warnOfSharedNames(providers: readonly Named[]): { path: string; message: string }[] {
  return providers.flatMap((provider, index) =>
    kinds.flatMap((kind) => {
      const twin = providers.slice(0, index).find(({ prefix }) => prefix[kind] === provider.prefix[kind]);
      if (!twin) return [];
      const [what, example] = kind === 'user' ? ['people', 'alice@example.com'] : ['groups', 'developers'];
      const message = `is the same as that of ${twin.id}: ${what} of the two with the same name are one and the same to policies and clusters ("${provider.prefix[kind]}${example}" of either); set prefix.${kind} to something like "${provider.id}:" if the two do not name the same ${what}`;
      return [{ path: `identity.providers.${index}.prefix.${kind}`, message }];
    }),
  );
}
