// Test cases for policies: how they are written, and what came of them.
export { readCases, type CaseFile } from './read-cases.ts';
export { decidingReasons, runCases, type CaseResult, type SelectPolicies } from './run-cases.ts';
