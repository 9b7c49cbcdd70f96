// Everything that reads and evaluates a gateway's configuration. It is slow to load, so commands import this file only
// when they need it, and the bundle keeps it separate.
export { builtInKind, warnOfSharedNames, warnOfUnkeptTokens } from '@sallyport/contracts';
export { readKafkaAudit } from '@sallyport/audit-log';
export {
  checkPolicies,
  ConfigFaults,
  examineConfigFile,
  formatFaults,
  loadConfig,
  nearestName,
  policiesVersion,
  readConfig,
  readYaml,
  type ConfigFault,
} from '@sallyport/kit';
export {
  compileGlob,
  compilePolicy,
  evaluatePolicy,
  explainPolicy,
  fail,
  isOpen,
  isPartTrue,
  leaveOpen,
  lintTogether,
  namespaceOf,
  pass,
  policyVersion,
  extraVerbsOf,
  readPolicyInput,
  type Alternative,
  type CompiledPolicy,
  type PolicyInput,
  type PolicyResult,
  type PolicyTrace,
} from '@sallyport/policy';
