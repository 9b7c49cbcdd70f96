import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  eventually,
  startGate,
  startPractice,
  type Gate,
  type PracticeAccess,
} from '../harness/index.ts';

describeWith(['redis', 'kafka', 'postgres'], 'an identity provider that comes back with none of its old keys', () => {
  let practice: PracticeAccess;
  let gate: Gate;
  beforeAll(async () => {
    practice = await startPractice();
    gate = await startGate({ mode: 'processes', clusters: [practice.access] });
  }, 60_000);
  afterAll(async () => {
    await practice?.stop();
    await gate?.stop();
  }, 60_000);

  it('has logins again within a minute, without a restart of ours; sessions go on all the while', async () => {
    const { token } = await gate.login('alice@example.com');
    await gate.provider.stop();
    await gate.provider.start();
    const changed = performance.now();
    expect((await gate.request('/clusters/dev/api/v1/namespaces/dev/pods', { token })).status).toBe(200);
    // Keys that are unknown are asked for at most once a minute: whoever sends made-up ones must not make us ask for
    // each.
    await eventually('logins work', () => gate.login('alice@example.com'), 180_000);
    process.stderr.write(
      `measured: logins work again after all keys of the provider changed: ${Math.round(performance.now() - changed)} ms (promised: 60000 ms)\n`,
    );
  }, 240_000);
});
