import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createMemoryProviderTokenStore, createMemorySessionStore, type ProviderTokenStore } from '@sallyport/stores';
import { deleteTokensWithSessions } from './compose-deps.ts';

const session = {
  version: 1 as const,
  id: 's',
  kind: 'cli' as const,
  createdAt: 0,
  expiresAt: 1000,
  idleMs: 1000,
  identity: {
    provider: 'corp',
    issuer: 'https://idp.example.com',
    subject: 'sub',
    user: 'alice',
    groups: [],
    claims: {},
    amr: [],
  },
};
const setUp = async (change: (tokens: ProviderTokenStore) => ProviderTokenStore = (tokens) => tokens) => {
  const now = () => 1;
  const lines: string[] = [];
  const tokens = createMemoryProviderTokenStore({ now });
  await tokens.keep({
    sessionId: 's',
    provider: 'corp',
    sealed: '1.k.eA',
    createdAt: 0,
    expiresAt: 1000,
    succeededAt: 0,
    failures: 0,
  });
  const sessions = deleteTokensWithSessions(createMemorySessionStore({ now }), {
    tokens: change(tokens),
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
  });
  await sessions.create('hash', session);
  return { sessions, tokens, lines };
};
const by = { by: 'x', reason: 'revoked' as const };

describe('a session that ends', () => {
  it('deletes its tokens, once', async () => {
    const { sessions, tokens } = await setUp();
    expect(await sessions.revoke('s', by)).toMatchObject({ id: 's' });
    expect(await tokens.read('s')).toBeUndefined();
    expect(await sessions.revoke('s', by)).toBeUndefined();
  });

  it('ends even if its tokens cannot be deleted, which is logged', async () => {
    const { sessions, tokens, lines } = await setUp((all) => ({
      ...all,
      forget: () => Promise.reject(new Error('away')),
    }));
    expect(await sessions.revoke('s', by)).toMatchObject({ id: 's' });
    expect((await sessions.find(['hash']))[0]!.state).toBe('revoked');
    expect(await tokens.read('s')).toBeDefined();
    expect(lines.join()).toContain('not deleted yet');
  });
});
