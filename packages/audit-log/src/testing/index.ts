export * from './audit-sink.conformance.ts';
export { createTopic } from '../kafka/ensure-topic.ts';
