// Field number, JSON name and type of each field, from the .proto files of k8s.io/apimachinery and k8s.io/api v0.36.
// Types: s string, b boolean, i integer, B bytes, or another message. [] is a list, <> a map from strings. A field that
// is not listed is refused, never dropped silently.

/** The messages of apimachinery, and the reviews. */
export const metaMessages: Readonly<Record<string, string>> = {
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
};

/** The messages of RBAC and scale. */
export const rbacMessages: Readonly<Record<string, string>> = {
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
};
