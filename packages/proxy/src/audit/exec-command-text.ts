import { createHmac } from 'node:crypto';
import type { AuditConfig } from '@sallyport/contracts';

/** Shows commands in events: in clear, or as keyed hashes, which can still be compared. */
export type ExecCommandText = { hashed: boolean; of(word: string): string; ofAll(words: readonly string[]): string[] };

/**
 * How many words are hashed one by one. A query has no more parameters than this, but the kubelet takes all words of its
 * `cmd` from one. A single request with 64 KiB of blanks would cost 60,000 hashes, and its event would be too large for
 * Kafka.
 */
export const maxHashes = 1000;

/** Creates it as `audit.execCommand` says. The words after the first thousand are hashed as one text. */
export function createExecCommandText(setting: AuditConfig['execCommand'], hashKey: Buffer): ExecCommandText {
  if (setting === 'clear') return { hashed: false, of: (word) => word, ofAll: (words) => [...words] };
  const of = (word: string) => `hmac-sha256:${createHmac('sha256', hashKey).update(word).digest('base64url')}`;
  return {
    hashed: true,
    of,
    ofAll: (words) =>
      words.length <= maxHashes
        ? words.map(of)
        : [...words.slice(0, maxHashes).map(of), of(words.slice(maxHashes).join(' '))],
  };
}
