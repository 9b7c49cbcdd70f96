import { describe, expect, it } from '@jest/globals';
import { describeReplicaRegistry, report } from '../testing/replica-registry.conformance.ts';
import { createMemoryReplicaRegistry } from './replica-registry.ts';

describeReplicaRegistry('memory', async () => {
  const registry = createMemoryReplicaRegistry({ now: Date.now });
  return { registry, replica: registry };
});

describe('a registry in memory', () => {
  it('forgets replicas that stopped reporting, and keeps a bounded number', async () => {
    const clock = { now: 0 };
    const registry = createMemoryReplicaRegistry({ now: () => clock.now });
    for (let index = 0; index < 1100; index += 1) await registry.put(report('proxy', String(index)));
    expect(await registry.list()).toHaveLength(1000);
    clock.now = 10_000;
    await registry.put(report('proxy', '7', { version: 'v2' }));
    clock.now = 20_000;
    expect(await registry.list()).toEqual([report('proxy', '7', { version: 'v2' })]);
  });
});
