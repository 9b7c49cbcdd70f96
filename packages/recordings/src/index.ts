// Recording sessions on the gateway's disk, sealed, and moving the recordings to where they are kept.
export type { RecordingHead, RecordingTotals, StreamName } from './format/frame.ts';
export { LiveTap } from './live/live-tap.ts';
export { sealFor } from './live/seal-for.ts';
export { openRecorder } from './recorder/open-recorder.ts';
export type { ClosedPart, FinishedRecording } from './disk/recording-log.ts';
export { RecordingUnavailable } from './disk/recording-unavailable.ts';
export type {
  NotedRecording,
  Recorder,
  RecorderOptions,
  RecorderStatus,
  RecordingWriter,
  WriterHooks,
} from './recorder/recorder.ts';
