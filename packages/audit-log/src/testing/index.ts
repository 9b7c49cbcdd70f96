export * from './audit-sink.conformance.ts';
