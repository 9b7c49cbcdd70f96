export { eventually } from './eventually.ts';
export { isFullRun } from './full-run.ts';
export { createRecordingTracer, type RecordedSpan } from './recording-tracer.ts';
export { startOtlpReceiver, type OtlpReceiver } from './otlp-receiver.ts';
export type { ReceivedSpan } from './read-otlp.ts';
export { until } from './until.ts';
