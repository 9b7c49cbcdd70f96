import type { Criterion } from '../language/criterion.ts';
import { acr } from './caller/acr.ts';
import { amr } from './caller/amr.ts';
import { authTime } from './caller/auth-time.ts';
import { authenticatedUser } from './caller/authenticated-user.ts';
import { claim } from './caller/claim.ts';
import { device } from './caller/device.ts';
import { elevation } from './caller/elevation.ts';
import { groups } from './caller/groups.ts';
import { maxAge } from './caller/max-age.ts';
import { onCall } from './caller/on-call.ts';
import { record } from './caller/record.ts';
import { domain, email, user } from './caller/user.ts';
import { expression } from './expression/expression.ts';
import { accept, reject } from './general/accept.ts';
import { k8sDryRun, k8sShellEquivalent } from './kubernetes/flag-criteria.ts';
import { k8sCluster } from './kubernetes/k8s-cluster.ts';
import { k8sExecCommand } from './kubernetes/k8s-exec-command.ts';
import { k8sImpersonate } from './kubernetes/k8s-impersonate.ts';
import { k8sNonResourcePath } from './kubernetes/k8s-non-resource-path.ts';
import { k8sResource } from './kubernetes/k8s-resource.ts';
import { k8sVerb } from './kubernetes/k8s-verb.ts';
import { k8sName, k8sNamespace } from './kubernetes/reach-criteria.ts';
import { k8sFieldSelector, k8sLabelSelector } from './kubernetes/selector-criteria.ts';
import { clientCertificate, invalidClientCertificate } from './request/client-certificate.ts';
import { corsPreflight } from './request/cors-preflight.ts';
import { httpMethod, httpPath } from './request/http.ts';
import { serviceAccount } from './request/service-account.ts';
import { sourceIp } from './request/source-ip.ts';
import { date } from './time/date.ts';
import { dayOfWeek } from './time/day-of-week.ts';
import { timeOfDay } from './time/time-of-day.ts';
import {
  mcpTool,
  pomeriumRoutes,
  sshCa,
  sshPublickey,
  sshUsernameMatchesClaim,
  sshUsernameMatchesEmail,
  sshUsername,
} from './unsupported/unsupported-criteria.ts';

/** Every criterion of the language. To add one, add a file and a line here. */
export const criteria: readonly Criterion[] = [
  accept,
  reject,
  authenticatedUser,
  user,
  email,
  domain,
  groups,
  claim,
  record,
  device,
  acr,
  amr,
  authTime,
  maxAge,
  sourceIp,
  httpMethod,
  httpPath,
  corsPreflight,
  clientCertificate,
  invalidClientCertificate,
  date,
  dayOfWeek,
  timeOfDay,
  k8sCluster,
  k8sVerb,
  k8sResource,
  k8sNamespace,
  k8sName,
  k8sNonResourcePath,
  k8sShellEquivalent,
  k8sExecCommand,
  k8sDryRun,
  k8sLabelSelector,
  k8sFieldSelector,
  k8sImpersonate,
  elevation,
  onCall,
  serviceAccount,
  expression,
  mcpTool,
  sshPublickey,
  sshCa,
  sshUsername,
  sshUsernameMatchesEmail,
  sshUsernameMatchesClaim,
  pomeriumRoutes,
];
