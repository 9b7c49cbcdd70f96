// Opening and reading recordings, in browsers and on Node.js 20.
export type { Frame, RecordingHead, RecordingTotals, StreamName } from '../format/frame.ts';
export { digestOfRecording } from './digest-of.ts';
export { createFrameOpener } from './open-frames.ts';
export { parseIdentities } from './parse-identities.ts';
export { readRecording, RecordingFault, type ListedPart, type ReadOptions } from './read-recording.ts';
export { toAsciicast } from './to-asciicast.ts';
