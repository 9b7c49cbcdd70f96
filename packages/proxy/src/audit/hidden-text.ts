import { createHmac } from 'node:crypto';
import type { AuditConfig } from '@sallyport/contracts';
import type { HashToken } from '../credential/own-token.ts';

/**
 * Shows in events what they may not have in clear, as keyed hashes, which can still be compared: the words of commands if
 * that is configured (`hashed`), queries of web applications, and tokens.
 */
export type HiddenText = {
  hashed: boolean;
  of(word: string): string;
  ofAll(words: readonly string[]): string[];
  ofQuery(query: string): string;
  ofToken: HashToken;
};

/** The issuer and the subject of a person, or what else identifies who owns texts. */
type Owner = readonly [issuer: string, subject: string] | string;

/** Whose texts an event hides, and whether they ran a command or searched for one. */
export type HideFor = (owner: Owner, use?: 'command' | 'search') => HiddenText;

/**
 * How many words are hashed one by one. A query has no more parameters than this, but the kubelet takes all words of its
 * `cmd` from one. A single request with 64 KiB of blanks would cost 60,000 hashes, and its event would be too large for
 * Kafka.
 */
export const maxHashes = 1000;

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text);

/**
 * Returns who owns the texts of an event: the person, or the event itself if it names none. Hashes of different owners
 * cannot be compared.
 */
export function ownerOf(identity: { issuer: string; subject: string } | undefined, auditId: string): Owner {
  return identity ? [identity.issuer, identity.subject] : auditId;
}

/**
 * Creates the function that hides texts, as `audit.execCommand` says. Each owner and each use has a key of its own.
 * With a common one, anyone who sees the hash of another could find its text by trying their own. Tokens cannot be
 * guessed, so equal ones have equal hashes. The words of a command after the first thousand are hashed as one text.
 */
export function createHiddenText(setting: AuditConfig['execCommand'], hashKey: Buffer): HideFor {
  const ofToken = (token: string) => `hmac-sha256:${hmac(hashKey, token).digest('base64url')}`;
  const hashed = setting === 'hashed';
  return (owner, use = 'command') => {
    // Most events hide nothing, so this is not done before there is something.
    const keyFor = (purpose: string): Buffer => {
      const name = typeof owner === 'string' ? owner : JSON.stringify(owner);
      return hmac(hashKey, JSON.stringify([purpose, name])).digest();
    };
    let key: Buffer | undefined;
    const of = (word: string) => {
      if (!hashed) return word;
      key ??= keyFor(use);
      return `hmac-sha256:${hmac(key, word).digest('base64url')}`;
    };
    return {
      hashed,
      of,
      ofAll: (words) =>
        !hashed || words.length <= maxHashes
          ? words.map(of)
          : [...words.slice(0, maxHashes).map(of), of(words.slice(maxHashes).join(' '))],
      ofQuery: (query) => hmac(keyFor('query'), query).digest('base64url'),
      ofToken,
    };
  };
}
