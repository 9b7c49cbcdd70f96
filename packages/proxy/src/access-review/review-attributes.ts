/** A right to resources (authorization.k8s.io/v1). */
export type ResourceAttributes = {
  verb: string;
  group: string;
  version?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
};

/** What a review asks about: `spec` of a SelfSubjectAccessReview (authorization.k8s.io/v1). */
export type ReviewAttributes =
  | { resourceAttributes: ResourceAttributes }
  | { nonResourceAttributes: { path: string; verb: string } };
