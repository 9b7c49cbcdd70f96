/** Somebody who has an account at the embedded provider. */
export type Person = {
  /** Login name and e-mail address. */
  user: string;
  password: string;
  groups: readonly string[];
  name?: string;
  /** Default true. */
  emailVerified?: boolean;
  /** Further claims in the id_token. */
  claims?: Readonly<Record<string, unknown>>;
  /** Names of claims that only UserInfo tells, as many providers have it with groups. */
  inUserInfo?: readonly string[];
};

const person = (name: string, ...groups: string[]): Person => ({
  user: `${name}@example.com`,
  password: name,
  groups,
  name: `${name[0]!.toUpperCase()}${name.slice(1)}`,
});

/** The people of the demo; each password is the part of the address before the @. */
export const demoPeople: readonly Person[] = [
  person('alice', 'developers'),
  person('bob', 'sre'),
  person('carol', 'security-auditors'),
  person('mallory'),
];
