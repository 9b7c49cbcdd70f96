import { createHmac } from 'node:crypto';
import type { AuditConfig } from '@sallyport/contracts';

/** What exec runs as events show it: in clear, or as keyed hashes, so that equality can still be tested. */
export type ExecCommandText = { hashed: boolean; of(word: string): string; ofAll(words: readonly string[]): string[] };

/**
 * How many words are hashed one by one. A query has no more parameters, but the kubelet takes the words of its `cmd`
 * from one of them: 64 KiB of blanks would cost anybody's request 60,000 hashes, and make an event that is too large
 * for Kafka.
 */
export const mostHashes = 1000;

/**
 * Creates it as `audit.execCommand` says. Of a command with very many words those behind the first thousand are hashed
 * as one text.
 */
export function createExecCommandText(setting: AuditConfig['execCommand'], hashKey: Buffer): ExecCommandText {
  if (setting === 'clear') return { hashed: false, of: (word) => word, ofAll: (words) => [...words] };
  const of = (word: string) => `hmac-sha256:${createHmac('sha256', hashKey).update(word).digest('base64url')}`;
  return {
    hashed: true,
    of,
    ofAll: (words) =>
      words.length <= mostHashes
        ? words.map(of)
        : [...words.slice(0, mostHashes).map(of), of(words.slice(mostHashes).join(' '))],
  };
}
