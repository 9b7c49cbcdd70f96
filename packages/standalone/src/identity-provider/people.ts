/** A person with an account at the embedded provider. */
export type Person = {
  /** The login name, which is also the e-mail address. */
  user: string;
  password: string;
  groups: readonly string[];
  name?: string;
  /** The default is true. */
  emailVerified?: boolean;
  /** Additional claims in the ID token. */
  claims?: Readonly<Record<string, unknown>>;
  /** Names of claims that are only in UserInfo, as groups are at many providers. */
  inUserInfo?: readonly string[];
};

const person = (name: string, ...groups: string[]): Person => ({
  user: `${name}@example.com`,
  password: name,
  groups,
  name: `${name[0]!.toUpperCase()}${name.slice(1)}`,
});

/** The people of the demo. Each password is the part of the address before the @. */
export const demoPeople: readonly Person[] = [
  person('alice', 'developers'),
  person('bob', 'sre'),
  person('carol', 'security-auditors'),
  person('mallory'),
];
