import { describe, expect, it } from '@jest/globals';
import { endReasons } from '@sallyport/contracts';
import { checkOf, identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';
import { sessionEndedDetail } from './refusal-detail.ts';

describe('a caller whose session has ended', () => {
  it('is told why, but nothing about other users', () => {
    expect(sessionEndedDetail('refused')).toContain('identity provider rejected this login');
    for (const reason of ['logout', 'revoked', 'of another version', 'constructor', ''])
      expect(sessionEndedDetail(reason)).toBe('This session was ended. Log in again.');
    expect(endReasons.every((reason) => sessionEndedDetail(reason).endsWith('.'))).toBe(true);
  });

  it('gets the reason from a check', async () => {
    const rig = await startRig({ config: sampleConfig });
    const token = await rig.logIn(identityOf('alice'));
    await rig.store.revoke('id-alice', { by: 'corp', reason: 'provider-logout' });
    const [answer] = await rig.ask(checkOf(token, { kind: 'self' }));
    expect(answer).toMatchObject({
      decision: { effect: 'authenticate' },
      problem: { code: 'unauthenticated', detail: expect.stringContaining('logged out at your identity provider') },
    });
    await rig.close();
  });
});
