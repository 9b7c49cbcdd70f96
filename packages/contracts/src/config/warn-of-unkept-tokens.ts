import type { Config } from './index.ts';

/**
 * Warns that sessions in Redis are never refreshed: without encryption keys no refresh tokens are kept, so the provider
 * is not asked whether a user is still active.
 */
export function warnOfUnkeptTokens({
  sessions,
  identity,
}: Pick<Config, 'sessions' | 'identity'>): { path: string; message: string; hint: string }[] {
  if (!('redis' in sessions) || sessions.encryption !== undefined || identity.providers.length === 0) return [];
  return [
    {
      path: 'sessions.encryption',
      message:
        'is missing: refresh tokens are not kept, so a session continues to its end even if the identity provider deactivates the user',
      hint: 'add keys: [{id: a, keyFile: ...}]; create the key with: openssl rand -base64 32',
    },
  ];
}
