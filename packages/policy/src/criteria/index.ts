import type { Criterion } from '../criterion.ts';
import { accept } from './accept.ts';
import { authenticatedUser } from './authenticated-user.ts';
import { domain } from './domain.ts';
import { email } from './email.ts';
import { groups } from './groups.ts';
import { httpMethod } from './http-method.ts';
import { httpPath } from './http-path.ts';
import { k8sCluster } from './k8s-cluster.ts';
import { k8sName } from './k8s-name.ts';
import { k8sNamespace } from './k8s-namespace.ts';
import { k8sResource } from './k8s-resource.ts';
import { k8sVerb } from './k8s-verb.ts';
import { reject } from './reject.ts';
import { user } from './user.ts';

/** Every criterion of the language; a new one is a file and a line here. */
export const criteria: readonly Criterion[] = [
  accept, reject, authenticatedUser, user, email, domain, groups,
  httpMethod, httpPath,
  k8sCluster, k8sVerb, k8sResource, k8sNamespace, k8sName,
];
