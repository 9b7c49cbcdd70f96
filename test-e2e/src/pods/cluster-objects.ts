import { expect } from '@jest/globals';
import { waitUntil } from '@sallyport/bed';
import { theBed } from '../harness/index.ts';

/** What the cluster itself writes as time passes, and what cannot be deleted. */
const passing = ['events', 'events.events.k8s.io', 'componentstatuses'];

/** Returns every object of the cluster, as `kind namespace name`. */
export async function clusterObjects(): Promise<Set<string>> {
  const { admin } = theBed().cluster!;
  const kinds = (await admin.kubectl(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
  const wanted = kinds.filter((kind) => !passing.includes(kind)).join(',');
  const columns = 'custom-columns=kind:.kind,namespace:.metadata.namespace,name:.metadata.name';
  const list = await admin.kubectl(['get', wanted, '--all-namespaces', '--no-headers', '-o', columns]);
  return new Set(
    list
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).join(' ')),
  );
}

/** Waits until exactly these objects are in the cluster in addition to those that were there before. */
export async function eventuallyOnly(expected: readonly string[], before: ReadonlySet<string>): Promise<void> {
  let found: string[] = [];
  // Pods, and what controllers made for them, go a moment later than what they belong to.
  await waitUntil(async () => {
    found = [...(await clusterObjects())].filter((one) => !before.has(one)).toSorted();
    return found.join() === expected.toSorted().join();
  }, 60_000);
  expect(found).toEqual(expected.toSorted());
}

/** Returns what README and notes of the chart say is left by `helm uninstall`, for names that begin so. */
export function keptObjects(namespace: string, fullname: string): string[] {
  const keys = ['authenticate', 'authorize', 'proxy', 'audit', 'checkpoint', 'session', 'identity'].map(
    (name) => `${name}-key`,
  );
  const certificates = ['authenticate', 'authorize', 'audit', 'gateway'].map((name) => `${name}-tls`);
  return [
    ...[...keys, ...certificates, 'ca'].map((name) => `Secret ${namespace} ${fullname}-${name}`),
    ...['public-keys', 'gateway-ca'].map((name) => `ConfigMap ${namespace} ${fullname}-${name}`),
  ];
}
