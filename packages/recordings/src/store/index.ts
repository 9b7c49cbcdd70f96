// Where recordings are kept. It also runs on Node.js 20, for the command line.
export { isRecordingFile, isRecordingId } from '../format/names.ts';
export { openRecordingStore } from './open-recording-store.ts';
export type { RecordingStore } from './recording-store.ts';
