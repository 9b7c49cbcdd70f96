import type { SourceKey, LinkedPeople } from '@sallyport/directory';
import type { Config, ElevationPerson, Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { accountName, foldName, ownNames, type NamesOf } from '../../elevation-states/same-person.ts';

/** Returns the name of a key by which a source of the directory knows a login. It cannot be a user name. */
export const keyName = ({ source, key }: SourceKey): string => `key\n${source}\n${key}`;

/** Knows under which accounts, names and addresses people are known. */
export type KnownPeople = {
  /** Returns who an identity is, with what tells other accounts of the same person. */
  personOf(identity: Identity): ElevationPerson;
  /**
   * Finds every name by which these people are known at this time: by their identities, by those of their live
   * sessions, and by everything that the directory links to them. Rejects with a 503 if that cannot be told, and then
   * nothing may be decided.
   */
  namesOf(people: readonly ElevationPerson[]): Promise<NamesOf>;
};

/** One person has fewer entries in all sources together. More would be a search without an end. */
const maxEntries = 50;

function readKeyName(name: string): SourceKey[] {
  const [kind, source, ...rest] = name.split('\n');
  return kind === 'key' && source !== undefined ? [{ source, key: rest.join('\n') }] : [];
}
/** Claims in which providers send a name of the account that often is an address. They need not have verified it. */
const namingClaims = ['email', 'preferred_username', 'upn'] as const;

/**
 * Returns the addresses that an account asserts, folded; undefined if they are not known, or if it has only a verified
 * one.
 */
function assertedNames({ email, asserted, claims }: Identity): string[] | undefined {
  if (email === undefined && asserted === undefined) return undefined;
  const sent = [...(asserted ?? []), ...namingClaims.map((name) => claims[name])];
  const addresses = sent.filter((value): value is string => typeof value === 'string' && value.includes('@'));
  const names = new Set(addresses.map(foldName));
  if (email !== undefined) names.delete(foldName(email));
  return email !== undefined && names.size === 0 ? undefined : [...names];
}

const isSpoken = (name: string) => !name.includes('\n');

/** Follows links until they lead to nothing new. `given` are names as they were written, and keys. */
async function followLinks(links: LinkedPeople, own: readonly string[], given: readonly string[]): Promise<string[]> {
  const names = new Set(own);
  const asked = new Set<string>();
  const entries = new Set<string>();
  let open = [...own, ...given];
  while (open.length > 0) {
    const fresh = [...new Set(open)].filter((name) => !asked.has(name));
    for (const name of fresh) asked.add(name);
    const found = fresh.length === 0 ? [] : await links.find(fresh.filter(isSpoken), fresh.flatMap(readKeyName));
    open = [];
    for (const { source, id, names: written } of found) {
      const entry = `entry\n${source}\n${id}`;
      if (entries.has(entry)) continue;
      entries.add(entry);
      if (entries.size > maxEntries)
        throw new ProblemError(
          'forbidden',
          'Too many accounts in the directory are linked with each other, so it is not known which belong to one person. Contact the operator.',
        );
      const folded = written.map(foldName).filter((name) => name !== '');
      for (const name of [entry, ...folded]) names.add(name);
      open.push(...written, ...folded);
    }
  }
  return [...names];
}

/** Creates the look-up of people for the configured providers. */
export function createKnownPeople(deps: {
  identity: Config['identity'];
  links: LinkedPeople;
  sessions: Pick<SessionStore, 'list'>;
}): KnownPeople {
  const { links, sessions } = deps;
  const prefixes = new Map(deps.identity.providers.map(({ id, prefix }) => [id, prefix.user]));
  /** An address is the same everywhere. Other names are prefixed because different people may have them. */
  const addressOf = ({ provider, user }: Identity) => {
    const prefix = prefixes.get(provider) ?? '';
    const name = user.startsWith(prefix) ? user.slice(prefix.length) : user;
    return prefix !== '' && name.includes('@') ? [foldName(name)] : [];
  };
  const personOf = (identity: Identity): ElevationPerson => {
    const { issuer, subject, user, email } = identity;
    const asserted = assertedNames(identity);
    const aliases = [...addressOf(identity), ...links.keysOf(identity).map(keyName)];
    return {
      issuer,
      subject,
      user,
      ...(email === undefined ? {} : { email }),
      ...(aliases.length === 0 ? {} : { aliases }),
      ...(asserted === undefined ? {} : { asserted }),
    };
  };
  const find = async (person: ElevationPerson): Promise<string[]> => {
    const { issuer, subject } = person;
    const listed = await sessions.list({ issuer, subject });
    const same = [person, ...listed.map(({ identity }) => personOf(identity))];
    const written = same.flatMap(({ user, email }) => [user, ...(email === undefined ? [] : [email])]);
    return followLinks(links, [...new Set(same.flatMap(ownNames))], written);
  };
  return {
    personOf,
    async namesOf(people) {
      const byAccount = new Map(people.map((one) => [accountName(one), one]));
      const found = await Promise.all([...byAccount].map(async ([key, one]) => [key, await find(one)] as const));
      const known = new Map(found);
      return (person) => {
        const names = known.get(accountName(person));
        // That somebody was not asked about must never count as having no other account.
        if (!names) throw new Error('the names of a person were not looked up');
        return names;
      };
    },
  };
}
