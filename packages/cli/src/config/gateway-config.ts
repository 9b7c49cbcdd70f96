// Everything that reads and evaluates a gateway's configuration. It is slow to load, so commands import this file only
// when they need it, and the bundle keeps it separate.
import { checkAudit } from '@sallyport/audit/check';
import { checkAuthenticate } from '@sallyport/authenticate/check';
import { checkAuthorize } from '@sallyport/authorize/check';
import type { ServiceName } from '@sallyport/contracts';
import type { ServiceCheck } from '@sallyport/kit';
import { checkProxy } from '@sallyport/proxy/check';

export {
  builtInKind,
  usesKafka,
  warnOfClearKafka,
  warnOfLostWrites,
  warnOfSharedNames,
  warnOfUnkeptTokens,
  warnOfUnlinkedApprovers,
  warnOfWorkloads,
  type ServiceName,
} from '@sallyport/contracts';
export {
  anonymousGroup,
  createEventSender,
  readKafkaAudit,
  readTrailLine,
  UndeliverableError,
  type EventSender,
} from '@sallyport/audit-log';
/** Loads what reads the audit store, with the driver of the database. */
export const loadStoredTrail = () => import('@sallyport/audit/stored-trail');
/** Loads what locks directories, which needs a newer Node.js than the rest of the program. */
export const loadSpool = () => import('@sallyport/spool/at-rest');
export {
  checkPolicies,
  ConfigFaults,
  createLogger,
  examineConfig,
  examineConfigFile,
  faultsForService,
  faultsWhileRunning,
  formatFaults,
  isSingleProcess,
  loadConfig,
  locateFault,
  nearestName,
  policiesVersion,
  readConfig,
  readYaml,
  type ConfigFault,
} from '@sallyport/kit';
export {
  compileGlob,
  compilePolicy,
  createResourceCatalog,
  evaluatePolicy,
  explainPolicy,
  fail,
  isOpen,
  isPartTrue,
  leaveOpen,
  lintPolicies,
  namespaceOf,
  pass,
  policyVersion,
  extraVerbsOf,
  readPolicyInput,
  type Alternative,
  type CompiledPolicy,
  type KnownResource,
  type LintSubject,
  type PolicyInput,
  type PolicyResult,
  type PolicyTrace,
  type ResourceCatalog,
} from '@sallyport/policy';
export {
  decidingReasons,
  readCases,
  runCases,
  type CaseFile,
  type CaseResult,
  type SelectPolicies,
} from '@sallyport/policy/cases';

/** The checks that the services run themselves, before they start and with `--check-config`. */
export const serviceChecks: Record<ServiceName, ServiceCheck> = {
  authenticate: checkAuthenticate,
  authorize: checkAuthorize,
  proxy: checkProxy,
  audit: checkAudit,
};
