// The harness of the whole-system tests: the bed of the run, gateways, people at terminals, recording upstreams.
export { describeWith, noteSkip, runDirectory, theBed } from './the-bed.ts';
export { startGateway } from './start-gateway.ts';
export type { Gateway, GatewayOptions, GatewayProcesses } from './gateway-types.ts';
export type { MoreProxy } from './more-proxies.ts';
export { realClusterAccess, startPractice, type PracticeAccess } from './clusters.ts';
export { answerLogin, createPerson, runCli, startCli, type Person } from './person.ts';
export { createPlainBrowser, fillInForm, type Login } from './log-in.ts';
export { httpRequestOnce, type HttpAnswer, type HttpRequest } from './http-request.ts';
export { dialRaw, rawExchange, type RawAnswer } from './raw-exchange.ts';
export {
  acceptUpgrade,
  refuseUpgrade,
  startRecordingUpstream,
  watchReceived,
  type RecordedConnection,
  type RecordedRequest,
  type RecordingUpstream,
} from './recording-upstream.ts';
export { runCommand, startCommand, type CommandOptions, type CommandResult, type RunningCommand } from './command.ts';
export { keyMetric, publicHalves } from './service-key.ts';
export { eventually } from '@sallyport/kit/testing';
export { memoryInUse } from './memory-in-use.ts';
export { dumpPostgres } from './dump-postgres.ts';
export { dumpRedis } from './dump-redis.ts';
export { dumpTopic } from './dump-topic.ts';
export type { TopicMessage } from './read-topic.ts';
export { readWholeTopic, verifyChains, type ChainReport } from './verify-chains.ts';
export { checkAuditFiles } from './audit-file.ts';
export type { AuditLog, EventFilter } from './audit-log.ts';
export { createNamespace, roleBinding, startPod, type TestNamespace } from './namespaces.ts';
export { clusterEvents, countProtocols, joinAuditLogs, type ClusterEvent, type Join } from './cluster-audit.ts';
