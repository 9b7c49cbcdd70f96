import { createHmac } from 'node:crypto';
import type { AuditConfig } from '@sallyport/contracts';

/** What exec runs as events show it: in clear, or as keyed hashes, so that equality can still be tested. */
export type ExecCommandText = { hashed: boolean; of(word: string): string };

/** Creates it as `audit.execCommand` says. */
export function createExecCommandText(setting: AuditConfig['execCommand'], hashKey: Buffer): ExecCommandText {
  if (setting === 'clear') return { hashed: false, of: (word) => word };
  return { hashed: true, of: (word) => `hmac-sha256:${createHmac('sha256', hashKey).update(word).digest('base64url')}` };
}
