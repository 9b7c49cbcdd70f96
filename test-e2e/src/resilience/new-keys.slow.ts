import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

describeWith(['redis', 'kafka', 'postgres'], 'an identity provider that restarts with entirely new keys', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'processes', clusters: [practice.access] });
  });
  afterAll(async () => {
    await practice?.stop();
    await gateway?.stop();
  });

  it('allows logins again within a minute without a restart of the gateway, and sessions continue', async () => {
    const { token } = await gateway.login('alice@example.com');
    await gateway.provider.stop();
    await gateway.provider.start();
    const changed = performance.now();
    expect((await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods', { token })).status).toBe(200);
    // Unknown keys are fetched at most once a minute, so that forged key ids cannot cause a fetch each.
    await eventually('logins work', () => gateway.login('alice@example.com'), 180_000);
    process.stderr.write(
      `measured: logins work again after all keys of the provider changed: ${Math.round(performance.now() - changed)} ms (promised: 60000 ms)\n`,
    );
  });
});
