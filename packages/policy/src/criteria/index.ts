import type { Criterion } from '../language/criterion.ts';
import { acr } from './caller/acr.ts';
import { amr } from './caller/amr.ts';
import { authTime } from './caller/auth-time.ts';
import { authenticatedUser } from './caller/authenticated-user.ts';
import { claim } from './caller/claim.ts';
import { device } from './caller/device.ts';
import { domain } from './caller/domain.ts';
import { elevation } from './caller/elevation.ts';
import { email } from './caller/email.ts';
import { groups } from './caller/groups.ts';
import { maxAge } from './caller/max-age.ts';
import { onCall } from './caller/on-call.ts';
import { record } from './caller/record.ts';
import { user } from './caller/user.ts';
import { mcpTool } from './unsupported/mcp-tool.ts';
import { pomeriumRoutes } from './unsupported/pomerium-routes.ts';
import { sshCa } from './unsupported/ssh-ca.ts';
import { sshPublickey } from './unsupported/ssh-publickey.ts';
import { sshUsernameMatchesClaim } from './unsupported/ssh-username-matches-claim.ts';
import { sshUsernameMatchesEmail } from './unsupported/ssh-username-matches-email.ts';
import { sshUsername } from './unsupported/ssh-username.ts';
import { expression } from './expression/expression.ts';
import { accept } from './general/accept.ts';
import { reject } from './general/reject.ts';
import { k8sCluster } from './kubernetes/k8s-cluster.ts';
import { k8sDryRun } from './kubernetes/k8s-dry-run.ts';
import { k8sExecCommand } from './kubernetes/k8s-exec-command.ts';
import { k8sFieldSelector } from './kubernetes/k8s-field-selector.ts';
import { k8sImpersonate } from './kubernetes/k8s-impersonate.ts';
import { k8sLabelSelector } from './kubernetes/k8s-label-selector.ts';
import { k8sName } from './kubernetes/k8s-name.ts';
import { k8sNamespace } from './kubernetes/k8s-namespace.ts';
import { k8sNonResourcePath } from './kubernetes/k8s-non-resource-path.ts';
import { k8sResource } from './kubernetes/k8s-resource.ts';
import { k8sShellEquivalent } from './kubernetes/k8s-shell-equivalent.ts';
import { k8sVerb } from './kubernetes/k8s-verb.ts';
import { clientCertificate } from './request/client-certificate.ts';
import { corsPreflight } from './request/cors-preflight.ts';
import { httpMethod } from './request/http-method.ts';
import { httpPath } from './request/http-path.ts';
import { invalidClientCertificate } from './request/invalid-client-certificate.ts';
import { serviceAccount } from './request/service-account.ts';
import { sourceIp } from './request/source-ip.ts';
import { date } from './time/date.ts';
import { dayOfWeek } from './time/day-of-week.ts';
import { timeOfDay } from './time/time-of-day.ts';

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
