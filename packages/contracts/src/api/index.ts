// The calls of the gateway's own API: what the portal mounts, what programs may send, and what its document is made from.
export { apiPrefix, callsOf, type ApiRequest } from './calls-of.ts';
export {
  apiOperations,
  operationOf,
  recordingViewers,
  type AnswerOf,
  type ApiCall,
  type ApiOperation,
  type BodyOf,
} from './api-operations.ts';
export { requestOf, type CallPlace } from './request-of.ts';
