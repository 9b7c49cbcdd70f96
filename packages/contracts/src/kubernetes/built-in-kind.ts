/** A kind that the API server itself serves. */
export type BuiltInKind = {
  namespaced: boolean;
  /** Whether a PUT to a name that does not exist creates the object. */
  createdByPut: boolean;
};

/** The discovery of Kubernetes 1.36 with every API enabled: group, versions, namespaced kinds, cluster-scoped kinds. */
const groups: readonly (readonly [group: string, versions: string, namespaced: string, clusterScoped: string])[] = [
  [
    '',
    'v1',
    'bindings configmaps endpoints events limitranges persistentvolumeclaims pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services',
    'componentstatuses namespaces nodes persistentvolumes',
  ],
  [
    'admissionregistration.k8s.io',
    'v1 v1beta1 v1alpha1',
    '',
    'mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations',
  ],
  ['apiextensions.k8s.io', 'v1', '', 'customresourcedefinitions'],
  ['apiregistration.k8s.io', 'v1', '', 'apiservices'],
  ['apps', 'v1', 'controllerrevisions daemonsets deployments replicasets statefulsets', ''],
  ['authentication.k8s.io', 'v1', '', 'selfsubjectreviews tokenreviews'],
  [
    'authorization.k8s.io',
    'v1',
    'localsubjectaccessreviews',
    'selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews',
  ],
  ['autoscaling', 'v2 v1', 'horizontalpodautoscalers', ''],
  ['batch', 'v1', 'cronjobs jobs', ''],
  [
    'certificates.k8s.io',
    'v1 v1beta1 v1alpha1',
    'podcertificaterequests',
    'certificatesigningrequests clustertrustbundles',
  ],
  ['coordination.k8s.io', 'v1 v1beta1 v1alpha2', 'leasecandidates leases', ''],
  ['discovery.k8s.io', 'v1', 'endpointslices', ''],
  ['events.k8s.io', 'v1', 'events', ''],
  ['flowcontrol.apiserver.k8s.io', 'v1', '', 'flowschemas prioritylevelconfigurations'],
  ['internal.apiserver.k8s.io', 'v1alpha1', '', 'storageversions'],
  ['networking.k8s.io', 'v1 v1beta1', 'ingresses networkpolicies', 'ingressclasses ipaddresses servicecidrs'],
  ['node.k8s.io', 'v1', '', 'runtimeclasses'],
  ['policy', 'v1', 'poddisruptionbudgets', ''],
  ['rbac.authorization.k8s.io', 'v1', 'rolebindings roles', 'clusterrolebindings clusterroles'],
  [
    'resource.k8s.io',
    'v1 v1beta2 v1beta1 v1alpha3',
    'resourceclaims resourceclaimtemplates',
    'deviceclasses devicetaintrules resourcepoolstatusrequests resourceslices',
  ],
  ['scheduling.k8s.io', 'v1 v1alpha2', 'podgroups workloads', 'priorityclasses'],
  [
    'storage.k8s.io',
    'v1 v1beta1',
    'csistoragecapacities',
    'csidrivers csinodes storageclasses volumeattachments volumeattributesclasses',
  ],
  ['storagemigration.k8s.io', 'v1beta1', '', 'storageversionmigrations'],
];

/**
 * The kinds whose update strategy has AllowCreateOnUpdate in the source of Kubernetes 1.36. Kubernetes also authorizes
 * their creation by PUT as `create`.
 */
const createdByPut: ReadonlySet<string> = new Set([
  'endpoints',
  'events',
  'limitranges',
  'services',
  'coordination.k8s.io/leasecandidates',
  'coordination.k8s.io/leases',
  'events.k8s.io/events',
  'node.k8s.io/runtimeclasses',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/roles',
]);

type BuiltInGroup = { versions: ReadonlySet<string>; kinds: ReadonlyMap<string, BuiltInKind> };

const byGroup: ReadonlyMap<string, BuiltInGroup> = new Map(
  groups.map(([group, versions, namespaced, clusterScoped]) => {
    const kindsOf = (resources: string, isNamespaced: boolean) =>
      resources
        .split(' ')
        .filter(Boolean)
        .map(
          (resource) =>
            [
              resource,
              {
                namespaced: isNamespaced,
                createdByPut: createdByPut.has(group === '' ? resource : `${group}/${resource}`),
              },
            ] as const,
        );
    return [
      group,
      {
        versions: new Set(versions.split(' ')),
        kinds: new Map([...kindsOf(namespaced, true), ...kindsOf(clusterScoped, false)]),
      },
    ];
  }),
);

/**
 * Returns the built-in kind of a group, version and resource, or undefined. An aggregated API could serve another
 * version of a built-in group, so a version that is not in the table is unknown. Without a version, any version
 * matches.
 */
export function builtInKind(
  apiGroup: string,
  apiVersion: string | undefined,
  resource: string,
): BuiltInKind | undefined {
  const group = byGroup.get(apiGroup);
  return group === undefined || (apiVersion !== undefined && !group.versions.has(apiVersion))
    ? undefined
    : group.kinds.get(resource);
}
