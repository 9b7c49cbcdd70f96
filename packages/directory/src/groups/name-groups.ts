import type { ProviderConfig } from '@sallyport/contracts';
import { checkName } from '../claims/check-name.ts';

/**
 * The names of groups as policies know them: with the provider's prefix, each once, in one order. Refuses
 * (`login-failed`) one that could not travel unchanged.
 */
export function nameGroups({ prefix }: Pick<ProviderConfig, 'prefix'>, names: readonly string[]): string[] {
  return [
    ...new Set(names.map((name) => checkName('A group', `${prefix.groups}${checkName('A group', name)}`))),
  ].toSorted((a, b) => (a < b ? -1 : 1));
}
