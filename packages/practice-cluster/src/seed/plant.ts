import type { RequestInfo } from '@sallyport/kubernetes';
import type { Cluster } from '../http/call.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import { admitNew } from '../verbs/admit.ts';

/** Creates objects in the same way as a create request. Throws for an unknown kind. */
export function plant(cluster: Cluster, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const kind = kinds.find((one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion);
    if (kind === undefined)
      throw new Error(`the practice cluster does not support ${object.kind} in ${object.apiVersion}`);
    const info = { namespace: object.metadata.namespace ?? 'default' } as RequestInfo;
    cluster.store.create(kind, admitNew(cluster, { info }, kind, object));
  }
}
