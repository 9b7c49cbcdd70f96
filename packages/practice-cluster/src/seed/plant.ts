import type { RequestInfo } from '@sallyport/kubernetes';
import type { Cluster } from '../call.ts';
import type { KubeObject } from '../kube-object.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import { admitNew } from '../verbs/admit.ts';

/**
 * Puts objects into the store by the same way that a create takes, so that they look the same. Throws for a kind that
 * is unknown here.
 */
export function plant(cluster: Cluster, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const kind = kinds.find((one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion);
    if (kind === undefined) throw new Error(`the practice cluster knows no ${object.kind} of ${object.apiVersion}`);
    const info = { namespace: object.metadata.namespace ?? 'default' } as RequestInfo;
    cluster.store.create(kind, admitNew(cluster, { info }, kind, object));
  }
}
