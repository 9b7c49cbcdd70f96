import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ReplicaStatus } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { ReplicaRegistry } from '../replicas/replica-registry.ts';

export const report = (
  service: ReplicaStatus['service'],
  id: string,
  more: Partial<ReplicaStatus> = {},
): ReplicaStatus => ({
  service,
  id: `${service}/${id}`,
  host: 'pod',
  version: 'v1',
  since: 1000,
  startedAt: 900,
  restartNeeded: [],
  ...more,
});

/** Registers the rules for every registry. `replica` is the same registry as another process sees it. */
export function describeReplicaRegistry(
  backend: string,
  open: () => Promise<{ registry: ReplicaRegistry; replica: ReplicaRegistry }>,
): void {
  describe(`a registry of replicas on ${backend}`, () => {
    let registry: ReplicaRegistry;
    let replica: ReplicaRegistry;
    beforeEach(async () => {
      ({ registry, replica } = await open());
    });

    it('lists the last report of each replica, by service and id', async () => {
      const rejected = {
        at: 5,
        faults: [{ path: 'policy.0', message: 'is wrong', file: '/a.yaml', line: 1, column: 2 }],
      };
      await registry.put(report('proxy', 'b'));
      await replica.put(report('proxy', 'a', { rejected, restartNeeded: ['sessions.idle'] }));
      await registry.put(report('authorize', 'z', { version: 'v0' }));
      await registry.put(report('authorize', 'z', { version: 'v2' }));
      expect(await replica.list()).toEqual([
        report('authorize', 'z', { version: 'v2' }),
        report('proxy', 'a', { rejected, restartNeeded: ['sessions.idle'] }),
        report('proxy', 'b'),
      ]);
      expect(await registry.list()).toEqual(await replica.list());
    });

    it('forgets a removed replica', async () => {
      await registry.put(report('proxy', 'a'));
      await replica.remove('proxy/a');
      await registry.remove('proxy/never-there');
      expect(await registry.list()).toEqual([]);
    });

    it('carries a request to all listeners, and to none that unsubscribed', async () => {
      const heard: string[] = [];
      const stop = registry.onReloadRequest(() => heard.push('registry'));
      replica.onReloadRequest(() => heard.push('replica'));
      const all = (...names: string[]) =>
        until(async () => {
          await replica.requestReload();
          return names.every((name) => heard.includes(name));
        });
      await all('registry', 'replica');
      expect(new Set(heard)).toEqual(new Set(['registry', 'replica']));
      stop();
      heard.length = 0;
      await all('replica');
      expect(new Set(heard)).toEqual(new Set(['replica']));
    });
  });
}
