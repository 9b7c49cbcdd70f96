// The tongue of the Kubernetes API: request targets, request info, selectors, Status, WebSocket framing and the channels in it.
export { parseRequestTarget } from './parse-request-target.ts';
export type { RequestTarget, TargetRefusal } from './parse-request-target.ts';
export type { QueryParameters } from './parse-query.ts';
export { readRequestInfo } from './read-request-info.ts';
export type { RequestInfo, RequestParts } from './read-request-info.ts';
export type { StreamKind } from './stream-kind.ts';
export type { ExecOptions } from './read-exec.ts';
export { isApiTrue } from './read-list-options.ts';
export { isSecretRead, isWrite, shellEquivalent } from './judgements.ts';
export { createStatus, statusForProblem } from './status.ts';
export type { ProblemForStatus, Status, StatusDetails } from './status.ts';
export { parseFieldSelector } from './field-selector.ts';
export type { FieldRequirement } from './field-selector.ts';
export { parseLabelSelector } from './label-selector.ts';
export type { LabelRequirement } from './label-selector.ts';
