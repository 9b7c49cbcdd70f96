import { createHmac } from 'node:crypto';
import type { AuditConfig } from '@sallyport/contracts';
import type { HashToken } from '../credential/own-token.ts';

/**
 * Shows in events what they may not have in clear, as keyed hashes, which can still be compared: the words of commands if
 * that is configured (`hashed`), and tokens in any case.
 */
export type HiddenText = {
  hashed: boolean;
  of(word: string): string;
  ofAll(words: readonly string[]): string[];
  ofToken: HashToken;
};

/**
 * How many words are hashed one by one. A query has no more parameters than this, but the kubelet takes all words of its
 * `cmd` from one. A single request with 64 KiB of blanks would cost 60,000 hashes, and its event would be too large for
 * Kafka.
 */
export const maxHashes = 1000;

/** Creates it as `audit.execCommand` says. The words of a command after the first thousand are hashed as one text. */
export function createHiddenText(setting: AuditConfig['execCommand'], hashKey: Buffer): HiddenText {
  const hash = (text: string) => `hmac-sha256:${createHmac('sha256', hashKey).update(text).digest('base64url')}`;
  if (setting === 'clear') return { hashed: false, of: (word) => word, ofAll: (words) => [...words], ofToken: hash };
  return {
    hashed: true,
    of: hash,
    ofToken: hash,
    ofAll: (words) =>
      words.length <= maxHashes
        ? words.map(hash)
        : [...words.slice(0, maxHashes).map(hash), hash(words.slice(maxHashes).join(' '))],
  };
}
