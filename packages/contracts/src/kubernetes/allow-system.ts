/** The ServiceAccounts of a namespace, as `impersonate.allowSystem` lists them. */
const accountsPattern = /^system:serviceaccount:([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?):\*$/;

/** What `impersonate.allowSystem` of a cluster lists. */
export type AllowSystem = {
  /** Names of users and groups. */
  names: ReadonlySet<string>;
  /** The namespaces as whose ServiceAccounts someone may act. No one may have such a name as their own. */
  accountsOf: ReadonlySet<string>;
};

/** Reports whether a text can be in `impersonate.allowSystem`: an exact name, or all ServiceAccounts of a namespace. */
export function isAllowSystem(text: string): boolean {
  return text.startsWith('system:') && (!text.includes('*') || accountsPattern.test(text));
}

/** Reads `impersonate.allowSystem` of a cluster. */
export function readAllowSystem(texts: readonly string[]): AllowSystem {
  const namespaceOf = (text: string) => accountsPattern.exec(text)?.[1];
  return {
    names: new Set(texts.filter((text) => namespaceOf(text) === undefined)),
    accountsOf: new Set(texts.flatMap((text) => namespaceOf(text) ?? [])),
  };
}
