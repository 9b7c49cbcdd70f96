/** A resource of the API. `namespaced` is undefined if that is not known. */
type ResourceKind = { resource: string; apiGroup: string; namespaced: boolean | undefined };

// Built-in resources: their names and the short names of kubectl, by group. Those after the bar are not namespaced.
const builtIn: Record<string, string> = {
  '':
    'configmaps cm, endpoints ep, events ev, limitranges limits, persistentvolumeclaims pvc, pods po, podtemplates, replicationcontrollers rc, resourcequotas quota, secrets, serviceaccounts sa, services svc' +
    ' | namespaces ns, nodes no, persistentvolumes pv',
  apps: 'controllerrevisions, daemonsets ds, deployments deploy, replicasets rs, statefulsets sts',
  batch: 'cronjobs cj, jobs',
  autoscaling: 'horizontalpodautoscalers hpa',
  policy: 'poddisruptionbudgets pdb',
  'networking.k8s.io': 'ingresses ing, networkpolicies netpol | ingressclasses',
  'rbac.authorization.k8s.io': 'roles, rolebindings | clusterroles, clusterrolebindings',
  'storage.k8s.io': 'csistoragecapacities | storageclasses sc, volumeattachments, csidrivers, csinodes',
  'coordination.k8s.io': 'leases',
  'discovery.k8s.io': 'endpointslices',
  'scheduling.k8s.io': ' | priorityclasses pc',
  'certificates.k8s.io': ' | certificatesigningrequests csr',
  'apiextensions.k8s.io': ' | customresourcedefinitions crd crds',
  'admissionregistration.k8s.io': ' | mutatingwebhookconfigurations, validatingwebhookconfigurations',
  'authorization.k8s.io': ' | selfsubjectaccessreviews, selfsubjectrulesreviews, subjectaccessreviews',
};

/** Returns the singular of a resource name. */
function singular(plural: string): string {
  if (plural === 'endpoints') return plural;
  if (plural.endsWith('ies')) return `${plural.slice(0, -3)}y`;
  return plural.endsWith('sses') ? plural.slice(0, -2) : plural.slice(0, -1);
}

const byName = new Map<string, ResourceKind>();
for (const [apiGroup, text] of Object.entries(builtIn)) {
  text.split('|').forEach((part, index) => {
    for (const words of part
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')) {
      const [resource, ...short] = words.split(' ');
      const kind = { resource: resource!, apiGroup, namespaced: index === 0 };
      for (const name of [resource!, singular(resource!), ...short]) byName.set(name, kind);
    }
  });
}

/**
 * Returns the resource that a word names: the name, short name or singular of a built-in resource, or `resource.group`.
 * Any other word is taken as a resource of the core group.
 */
export function resourceKind(word: string): ResourceKind & { known: boolean } {
  const name = word.toLowerCase();
  const dot = name.indexOf('.');
  const found = byName.get(dot < 0 ? name : name.slice(0, dot));
  if (dot < 0)
    return found ? { ...found, known: true } : { resource: name, apiGroup: '', namespaced: undefined, known: false };
  const apiGroup = name.slice(dot + 1);
  return found?.apiGroup === apiGroup
    ? { ...found, known: true }
    : { resource: name.slice(0, dot), apiGroup, namespaced: undefined, known: true };
}
