import type { Finding, FindingKind } from './finding.ts';

type Account = { matched: number; examples: Finding[]; ignored: number; unknown: Finding[] };

const mostAccounts = 10_000;
const mostExamples = 100;

/** What speaks against an account: how many requests, and the first of them. */
export type AccountFinding = { kind: FindingKind; count: number; first: readonly Finding[] };

/** What each account did in the cluster's log. Which of them is the gateway's is known only at the end. */
export type Accounts = {
  /** An account sent a request that the gateway recorded. */
  matched(account: string, example: () => Finding): void;
  /**
   * An account sent a request that the gateway does not know, and that is ignored unless the account is the gateway's,
   * or was.
   */
  ignored(account: string, example: () => Finding): void;
  /** The accounts of the gateway: the given ones, or the one that sent most of what the gateway recorded. */
  gateways(): string[];
  /** Returns what speaks against accounts that are not the gateway's, and against those that are or were. */
  findings(): AccountFinding[];
  ignoredCounts(): { user: string; requests: number }[];
};

/** Creates the counts. */
export function createAccounts(given: readonly string[] | undefined): Accounts {
  const accounts = new Map<string, Account>();
  const of = (name: string): Account => {
    const key = accounts.has(name) || accounts.size < mostAccounts ? name : '…';
    let account = accounts.get(key);
    if (!account) accounts.set(key, (account = { matched: 0, examples: [], ignored: 0, unknown: [] }));
    return account;
  };
  const gateways = () => {
    if (given) return [...given];
    const [most] = [...accounts]
      .filter(([, { matched }]) => matched > 0)
      .toSorted(([, a], [, b]) => b.matched - a.matched);
    return most ? [most[0]] : [];
  };
  /** An account that sent requests of the gateway may be one that it had before, or will have. */
  const isWatched = (name: string, { matched }: Account) => (given ? given.includes(name) : matched > 0);
  return {
    matched(name, example) {
      const account = of(name);
      account.matched += 1;
      if (account.examples.length < mostExamples) account.examples.push(example());
    },
    ignored(name, example) {
      const account = of(name);
      account.ignored += 1;
      if (account.unknown.length < mostExamples) account.unknown.push(example());
    },
    gateways,
    findings() {
      const own = new Set(gateways());
      return [...accounts].flatMap(([name, account]): AccountFinding[] => [
        ...(own.has(name) ? [] : [{ kind: 'mismatched' as const, count: account.matched, first: account.examples }]),
        ...(isWatched(name, account)
          ? [{ kind: 'bypassed-gateway' as const, count: account.ignored, first: account.unknown }]
          : []),
      ]);
    },
    ignoredCounts() {
      return [...accounts]
        .filter(([name, account]) => account.ignored > 0 && !isWatched(name, account))
        .map(([user, { ignored }]) => ({ user, requests: ignored }))
        .toSorted((a, b) => b.requests - a.requests);
    },
  };
}
