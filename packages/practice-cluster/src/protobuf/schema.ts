// Field number, JSON name and type of each field, from the .proto files of k8s.io/apimachinery and k8s.io/api v0.36.
// Types: s string, b boolean, i integer, B bytes, or another message. [] is a list, <> a map from strings. A field that
// is not listed is refused, never dropped silently.

/** The messages of apimachinery, and the reviews. */
const messages: Readonly<Record<string, string>> = {
  ObjectMeta:
    '1 name s; 2 generateName s; 3 namespace s; 4 selfLink s; 5 uid s; 6 resourceVersion s; 7 generation i; 8 creationTimestamp Time; 9 deletionTimestamp Time; ' +
    '10 deletionGracePeriodSeconds i; 11 labels s<>; 12 annotations s<>; 13 ownerReferences OwnerReference[]; 14 finalizers s[]',
  OwnerReference: '1 kind s; 3 name s; 4 uid s; 5 apiVersion s; 6 controller b; 7 blockOwnerDeletion b',
  DeleteOptions:
    '1 gracePeriodSeconds i; 2 preconditions Preconditions; 3 orphanDependents b; 4 propagationPolicy s; 5 dryRun s[]; 6 ignoreStoreReadErrorWithClusterBreakingPotential b',
  Preconditions: '1 uid s; 2 resourceVersion s',
  LabelSelector: '1 matchLabels s<>; 2 matchExpressions LabelSelectorRequirement[]',
  LabelSelectorRequirement: '1 key s; 2 operator s; 3 values s[]',
  Time: '1 seconds i; 2 nanos i',
  Quantity: '1 string s',
  IntOrString: '1 type i; 2 intVal i; 3 strVal s',
  SelfSubjectReview: '1 metadata ObjectMeta; 2 status Empty',
  SelfSubjectAccessReview: '1 metadata ObjectMeta; 2 spec SelfSubjectAccessReviewSpec; 3 status AccessReviewStatus',
  SelfSubjectAccessReviewSpec: '1 resourceAttributes ResourceAttributes; 2 nonResourceAttributes NonResourceAttributes',
  SelfSubjectRulesReview: '1 metadata ObjectMeta; 2 spec SelfSubjectRulesReviewSpec; 3 status RulesReviewStatus',
  SelfSubjectRulesReviewSpec: '1 namespace s',
  SubjectAccessReview: '1 metadata ObjectMeta; 2 spec SubjectAccessReviewSpec; 3 status AccessReviewStatus',
  SubjectAccessReviewSpec:
    '1 resourceAttributes ResourceAttributes; 2 nonResourceAttributes NonResourceAttributes; 3 user s; 4 groups s[]; 6 uid s',
  ResourceAttributes: '1 namespace s; 2 verb s; 3 group s; 4 version s; 5 resource s; 6 subresource s; 7 name s',
  NonResourceAttributes: '1 path s; 2 verb s',
  // The status that a client sends is ignored. userInfo and the decision are empty.
  Empty: '1 userInfo UserInfo',
  UserInfo: '1 username s; 2 uid s; 3 groups s[]',
  AccessReviewStatus: '1 allowed b; 2 reason s; 3 evaluationError s; 4 denied b',
  RulesReviewStatus: '3 incomplete b; 4 evaluationError s',
  TokenRequest: '1 metadata ObjectMeta; 2 spec TokenRequestSpec; 3 status TokenRequestStatus',
  TokenRequestSpec: '1 audiences s[]; 3 boundObjectRef ObjectReference; 4 expirationSeconds i',
  TokenRequestStatus: '1 token s; 2 expirationTimestamp Time',
  Role: '1 metadata ObjectMeta; 2 rules PolicyRule[]',
  ClusterRole: '1 metadata ObjectMeta; 2 rules PolicyRule[]',
  PolicyRule: '1 verbs s[]; 2 apiGroups s[]; 3 resources s[]; 4 resourceNames s[]; 5 nonResourceURLs s[]',
  RoleBinding: '1 metadata ObjectMeta; 2 subjects Subject[]; 3 roleRef RoleRef',
  ClusterRoleBinding: '1 metadata ObjectMeta; 2 subjects Subject[]; 3 roleRef RoleRef',
  Subject: '1 kind s; 2 apiGroup s; 3 name s; 4 namespace s',
  RoleRef: '1 apiGroup s; 2 kind s; 3 name s',
  Scale: '1 metadata ObjectMeta; 2 spec ScaleSpec; 3 status ScaleStatus',
  ScaleSpec: '1 replicas i',
  ScaleStatus: '1 replicas i; 2 selector s',
  Namespace: '1 metadata ObjectMeta; 2 spec NamespaceSpec; 3 status NamespaceStatus',
  NamespaceSpec: '1 finalizers s[]',
  NamespaceStatus: '1 phase s',
  ConfigMap: '1 metadata ObjectMeta; 2 data s<>; 3 binaryData B<>; 4 immutable b',
  Secret: '1 metadata ObjectMeta; 2 data B<>; 3 type s; 4 stringData s<>; 5 immutable b',
  ServiceAccount:
    '1 metadata ObjectMeta; 2 secrets ObjectReference[]; 3 imagePullSecrets LocalObjectReference[]; 4 automountServiceAccountToken b',
  ObjectReference: '1 kind s; 2 namespace s; 3 name s; 4 uid s; 5 apiVersion s; 6 resourceVersion s; 7 fieldPath s',
  LocalObjectReference: '1 name s',
  Service: '1 metadata ObjectMeta; 2 spec ServiceSpec; 3 status ServiceStatus',
  ServiceSpec:
    '1 ports ServicePort[]; 2 selector s<>; 3 clusterIP s; 4 type s; 5 externalIPs s[]; 7 sessionAffinity s; 8 loadBalancerIP s; 9 loadBalancerSourceRanges s[]; 10 externalName s; ' +
    '11 externalTrafficPolicy s; 12 healthCheckNodePort i; 13 publishNotReadyAddresses b; 17 ipFamilyPolicy s; 18 clusterIPs s[]; 19 ipFamilies s[]; 22 internalTrafficPolicy s',
  ServicePort: '1 name s; 2 protocol s; 3 port i; 4 targetPort IntOrString; 5 nodePort i; 6 appProtocol s',
  ServiceStatus: '1 loadBalancer LoadBalancerStatus',
  LoadBalancerStatus: '',
  Deployment: '1 metadata ObjectMeta; 2 spec DeploymentSpec; 3 status DeploymentStatus',
  DeploymentSpec:
    '1 replicas i; 2 selector LabelSelector; 3 template PodTemplateSpec; 4 strategy DeploymentStrategy; 5 minReadySeconds i; 6 revisionHistoryLimit i; 7 paused b; 9 progressDeadlineSeconds i',
  DeploymentStrategy: '1 type s; 2 rollingUpdate RollingUpdateDeployment',
  RollingUpdateDeployment: '1 maxUnavailable IntOrString; 2 maxSurge IntOrString',
  DeploymentStatus:
    '1 observedGeneration i; 2 replicas i; 3 updatedReplicas i; 4 availableReplicas i; 5 unavailableReplicas i; 7 readyReplicas i',
  PodTemplateSpec: '1 metadata ObjectMeta; 2 spec PodSpec',
  Pod: '1 metadata ObjectMeta; 2 spec PodSpec; 3 status PodStatus',
  PodStatus:
    '1 phase s; 3 message s; 4 reason s; 5 hostIP s; 6 podIP s; 9 qosClass s; 11 nominatedNodeName s; 13 resize s',
  PodSpec:
    '1 volumes Volume[]; 2 containers Container[]; 3 restartPolicy s; 4 terminationGracePeriodSeconds i; 5 activeDeadlineSeconds i; 6 dnsPolicy s; 7 nodeSelector s<>; 8 serviceAccountName s; ' +
    '9 serviceAccount s; 10 nodeName s; 11 hostNetwork b; 12 hostPID b; 13 hostIPC b; 14 securityContext PodSecurityContext; 15 imagePullSecrets LocalObjectReference[]; 16 hostname s; 17 subdomain s; ' +
    '19 schedulerName s; 20 initContainers Container[]; 21 automountServiceAccountToken b; 22 tolerations Toleration[]; 24 priorityClassName s; 25 priority i; 27 shareProcessNamespace b; 29 runtimeClassName s; 30 enableServiceLinks b',
  Container:
    '1 name s; 2 image s; 3 command s[]; 4 args s[]; 5 workingDir s; 6 ports ContainerPort[]; 7 env EnvVar[]; 8 resources ResourceRequirements; 9 volumeMounts VolumeMount[]; 13 terminationMessagePath s; ' +
    '14 imagePullPolicy s; 15 securityContext SecurityContext; 16 stdin b; 17 stdinOnce b; 18 tty b; 20 terminationMessagePolicy s',
  ContainerPort: '1 name s; 2 hostPort i; 3 containerPort i; 4 protocol s; 5 hostIP s',
  EnvVar: '1 name s; 2 value s',
  ResourceRequirements: '1 limits Quantity<>; 2 requests Quantity<>',
  VolumeMount: '1 name s; 2 readOnly b; 3 mountPath s; 4 subPath s',
  Toleration: '1 key s; 2 operator s; 3 value s; 4 effect s; 5 tolerationSeconds i',
  PodSecurityContext: '2 runAsUser i; 3 runAsNonRoot b; 5 fsGroup i; 6 runAsGroup i',
  SecurityContext:
    '1 capabilities Capabilities; 2 privileged b; 4 runAsUser i; 5 runAsNonRoot b; 6 readOnlyRootFilesystem b; 7 allowPrivilegeEscalation b; 8 runAsGroup i',
  Capabilities: '1 add s[]; 2 drop s[]',
  Volume: '1 name s; 2 source VolumeSource',
  VolumeSource: '2 emptyDir EmptyDirVolumeSource',
  EmptyDirVolumeSource: '1 medium s',
};

/** A field of a message. */
export type Field = { name: string; type: string; shape: 'one' | 'list' | 'map' };

const schema: ReadonlyMap<string, ReadonlyMap<number, Field>> = new Map(
  Object.entries(messages).map(([message, fields]) => [
    message,
    new Map(
      fields
        .split('; ')
        .filter((one) => one !== '')
        .map(parseField),
    ),
  ]),
);

function parseField(text: string): [number, Field] {
  const [number, name, type] = text.split(' ') as [string, string, string];
  const shape = type.endsWith('[]') ? 'list' : type.endsWith('<>') ? 'map' : 'one';
  return [Number(number), { name, type: shape === 'one' ? type : type.slice(0, -2), shape }];
}

/** Returns the fields of a message by number, or undefined for an unknown message. */
export function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  return schema.get(message);
}
