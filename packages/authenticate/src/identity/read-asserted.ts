import type { ProviderConfig } from '@sallyport/contracts';
import { claimAt, copyClaims } from '@sallyport/directory';

/** The longest address of a mailbox (RFC 5321, 4.5.3.1). */
const maxLength = 320;
const maxNames = 20;

/**
 * Reads the addresses that a provider has sent in any of these documents, besides the one that counts as verified. They
 * say that two accounts may belong to one person, and nothing else.
 */
export function readAsserted(
  { claims: { email: path } }: Pick<ProviderConfig, 'claims'>,
  documents: readonly object[],
  verified: string | undefined,
): string[] {
  const found = documents.map(copyClaims).flatMap((claims) => [claimAt(claims, path), claimAt(claims, 'email')].flat());
  const addresses = found.filter(
    (value): value is string => typeof value === 'string' && value.includes('@') && value.length <= maxLength,
  );
  return [...new Set(addresses)].filter((address) => address !== verified).slice(0, maxNames);
}
