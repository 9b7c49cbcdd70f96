// What the gateway answers to programs: the answers of its own API. Programs of other versions read them, so an object may
// have members that are not known here, and a list of words may have grown.
export { auditEventTypes } from '../audit/audit-event-types.ts';
export { auditResults } from '../audit/audit-result.ts';
export { isRoutine } from '../audit/routine.ts';
export { ruleLabel } from '../policy/rule-label.ts';
export { lackingWords } from '../elevation/approver-set-progress.ts';
export * from './audit.ts';
export * from './clusters.ts';
export * from './connectors.ts';
export * from './elevations.ts';
export * from './install.ts';
export * from './login.ts';
export * from './machines.ts';
export * from './notifications.ts';
export * from './policy.ts';
export * from './recordings.ts';
export * from './sessions.ts';
export * from './streams.ts';
export * from './watch.ts';
