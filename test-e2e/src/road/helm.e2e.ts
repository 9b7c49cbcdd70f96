import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  joinAuditLogs,
  realClusterAccess,
  startGateway,
  type Gateway,
  type Person,
  type TestNamespace,
} from '../harness/index.ts';
import { useHelm } from './use-helm.ts';

describeWith(
  ['node', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'],
  'helm through four processes to a real node',
  () => {
    let gateway: Gateway;
    let alice: Person;
    let namespace: TestNamespace;
    beforeAll(async () => {
      namespace = await createNamespace();
      gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()] });
      alice = await gateway.person('alice@example.com');
    });
    afterAll(async () => {
      await gateway?.stop();
      await namespace?.remove();
    });

    it('installs a chart, waits for its pods, upgrades it, lists it and uninstalls it', async () => {
      await useHelm(alice, namespace.name);
    });

    it('has all its requests in both logs, and its reads of secrets in ours before they are executed', async () => {
      const join = await joinAuditLogs(gateway);
      expect(join).toMatchObject({ lost: [], leaked: [], unknown: [] });
      expect(gateway.events({ resource: 'secrets', stage: 'RequestReceived' }).length).toBeGreaterThan(3);
    });
  },
);
