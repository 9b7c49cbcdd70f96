import { builtInKind } from '@sallyport/contracts';

/** The version of Kubernetes whose discovery is listed here. */
const builtInVersion = 'Kubernetes 1.36';

/**
 * The discovery of a kube-apiserver 1.36.3 with every API and feature gate enabled, by API group. A line is
 * `resource Kind | short names | verbs | subresources`. No verbs means all eight; a subresource without verbs has get,
 * patch and update. The singular is the kind in lower case.
 */
export const builtInResources: Readonly<Record<string, readonly string[]>> = {
  '': [
    'bindings Binding | | create',
    'componentstatuses ComponentStatus | cs | get list',
    'configmaps ConfigMap | cm',
    'endpoints Endpoints | ep',
    'events Event | ev',
    'limitranges LimitRange | limits',
    'namespaces Namespace | ns | create delete get list patch update watch | finalize=update status',
    'nodes Node | no | | proxy=create+delete+get+patch+update status',
    'persistentvolumeclaims PersistentVolumeClaim | pvc | | status',
    'persistentvolumes PersistentVolume | pv | | status',
    'pods Pod | po | | attach=create+get binding=create ephemeralcontainers eviction=create exec=create+get log=get portforward=create+get proxy=create+delete+get+patch+update resize status',
    'podtemplates PodTemplate',
    'replicationcontrollers ReplicationController | rc | | scale status',
    'resourcequotas ResourceQuota | quota | | status',
    'secrets Secret',
    'serviceaccounts ServiceAccount | sa | | token=create',
    'services Service | svc | | proxy=create+delete+get+patch+update status',
  ],
  'admissionregistration.k8s.io': [
    'mutatingadmissionpolicies MutatingAdmissionPolicy',
    'mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding',
    'mutatingwebhookconfigurations MutatingWebhookConfiguration',
    'validatingadmissionpolicies ValidatingAdmissionPolicy | | | status',
    'validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding',
    'validatingwebhookconfigurations ValidatingWebhookConfiguration',
  ],
  'apiextensions.k8s.io': ['customresourcedefinitions CustomResourceDefinition | crd crds | | status'],
  'apiregistration.k8s.io': ['apiservices APIService | | | status'],
  apps: [
    'controllerrevisions ControllerRevision',
    'daemonsets DaemonSet | ds | | status',
    'deployments Deployment | deploy | | scale status',
    'replicasets ReplicaSet | rs | | scale status',
    'statefulsets StatefulSet | sts | | scale status',
  ],
  'authentication.k8s.io': ['selfsubjectreviews SelfSubjectReview | | create', 'tokenreviews TokenReview | | create'],
  'authorization.k8s.io': [
    'localsubjectaccessreviews LocalSubjectAccessReview | | create',
    'selfsubjectaccessreviews SelfSubjectAccessReview | | create',
    'selfsubjectrulesreviews SelfSubjectRulesReview | | create',
    'subjectaccessreviews SubjectAccessReview | | create',
  ],
  autoscaling: ['horizontalpodautoscalers HorizontalPodAutoscaler | hpa | | status'],
  batch: ['cronjobs CronJob | cj | | status', 'jobs Job | | | status'],
  'certificates.k8s.io': [
    'certificatesigningrequests CertificateSigningRequest | csr | | approval status',
    'clustertrustbundles ClusterTrustBundle',
    'podcertificaterequests PodCertificateRequest | | | status',
  ],
  'coordination.k8s.io': ['leasecandidates LeaseCandidate', 'leases Lease'],
  'discovery.k8s.io': ['endpointslices EndpointSlice'],
  'events.k8s.io': ['events Event | ev'],
  'flowcontrol.apiserver.k8s.io': [
    'flowschemas FlowSchema | | | status',
    'prioritylevelconfigurations PriorityLevelConfiguration | | | status',
  ],
  'internal.apiserver.k8s.io': ['storageversions StorageVersion | | | status'],
  'networking.k8s.io': [
    'ingressclasses IngressClass',
    'ingresses Ingress | ing | | status',
    'ipaddresses IPAddress | ip',
    'networkpolicies NetworkPolicy | netpol',
    'servicecidrs ServiceCIDR | | | status',
  ],
  'node.k8s.io': ['runtimeclasses RuntimeClass'],
  policy: ['poddisruptionbudgets PodDisruptionBudget | pdb | | status'],
  'rbac.authorization.k8s.io': [
    'clusterrolebindings ClusterRoleBinding',
    'clusterroles ClusterRole',
    'rolebindings RoleBinding',
    'roles Role',
  ],
  'resource.k8s.io': [
    'deviceclasses DeviceClass',
    'devicetaintrules DeviceTaintRule | | | status',
    'resourceclaims ResourceClaim | | | status',
    'resourceclaimtemplates ResourceClaimTemplate',
    'resourcepoolstatusrequests ResourcePoolStatusRequest | | | status',
    'resourceslices ResourceSlice',
  ],
  'scheduling.k8s.io': ['podgroups PodGroup | | | status', 'priorityclasses PriorityClass | pc', 'workloads Workload'],
  'storage.k8s.io': [
    'csidrivers CSIDriver',
    'csinodes CSINode',
    'csistoragecapacities CSIStorageCapacity',
    'storageclasses StorageClass | sc',
    'volumeattachments VolumeAttachment | | | status',
    'volumeattributesclasses VolumeAttributesClass | vac',
  ],
  'storagemigration.k8s.io': ['storageversionmigrations StorageVersionMigration | | | status'],
};

/** A resource as discovery lists it. The group is empty for the core group. */
export type KnownResource = {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: ReadonlyMap<string, readonly string[]>;
};

/** Resources to compare a policy with. */
export type ResourceCatalog = {
  /** Whose resources they are, for messages. */
  readonly source: string;
  find(group: string, resource: string): KnownResource | undefined;
  /** Returns the groups that have a resource of this name. */
  groupsOf(resource: string): readonly string[];
  /** Returns the resources with this singular, short name or kind, whatever its case. */
  named(alias: string): readonly KnownResource[];
  /** Reports whether everything in the group is listed. */
  isComplete(group: string): boolean;
  readonly groups: readonly string[];
  /** Returns the names of the resources of a group. */
  namesIn(group: string): readonly string[];
  hasSubresource(subresource: string): boolean;
};

const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const usualVerbs = ['get', 'patch', 'update'];

/** Reads one line of the built-in resources. */
function readLine(group: string, line: string): KnownResource {
  const [head = '', short = '', verbs = '', subresources = ''] = line.split('|').map((part) => part.trim());
  const [resource = '', kind = ''] = head.split(' ');
  const words = (text: string) => text.split(' ').filter(Boolean);
  return {
    group,
    resource,
    kind,
    singular: kind.toLowerCase(),
    shortNames: words(short),
    namespaced: builtInKind(group, undefined, resource)?.namespaced ?? true,
    verbs: verbs === '' ? everyVerb : words(verbs),
    subresources: new Map(
      words(subresources).map((word) => {
        const [name = '', its] = word.split('=');
        return [name, its?.split('+') ?? usualVerbs];
      }),
    ),
  };
}

/** Adds a value to the list of a key. */
function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Creates a catalog. `isComplete` says whether a group may have resources that are not listed. */
export function createResourceCatalog(
  source: string,
  resources: readonly KnownResource[],
  isComplete: (group: string) => boolean,
): ResourceCatalog {
  const byKey = new Map(resources.map((one) => [`${one.group}/${one.resource}`, one]));
  const groups = new Map<string, string[]>();
  const names = new Map<string, string[]>();
  const aliases = new Map<string, KnownResource[]>();
  const subresources = new Set<string>();
  for (const one of resources) {
    add(groups, one.resource, one.group);
    add(names, one.group, one.resource);
    for (const alias of new Set([one.singular, one.kind.toLowerCase(), ...one.shortNames])) add(aliases, alias, one);
    for (const subresource of one.subresources.keys()) subresources.add(subresource);
  }
  return {
    source,
    find: (group, resource) => byKey.get(`${group}/${resource}`),
    groupsOf: (resource) => groups.get(resource) ?? [],
    named: (alias) => aliases.get(alias.toLowerCase()) ?? [],
    isComplete,
    groups: [...names.keys()],
    namesIn: (group) => names.get(group) ?? [],
    hasSubresource: (subresource) => subresources.has(subresource),
  };
}

const builtIn = Object.entries(builtInResources).flatMap(([group, lines]) =>
  lines.map((line) => readLine(group, line)),
);

/** What the API server itself serves. Custom resources cannot be in one of its groups. */
export const builtInCatalog: ResourceCatalog = createResourceCatalog(builtInVersion, builtIn, (group) =>
  Object.hasOwn(builtInResources, group),
);
