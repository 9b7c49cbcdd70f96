import type { Config } from './index.ts';

/**
 * What an operator may not expect: without keys nothing that a provider gives is kept in Redis, so nobody is asked
 * whether a person is still there.
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
        'is missing: no refresh tokens are kept, so a session lives to its end whatever becomes of the person at the identity provider',
      hint: 'add keys: [{id: a, keyFile: ...}], made with: openssl rand -base64 32',
    },
  ];
}
