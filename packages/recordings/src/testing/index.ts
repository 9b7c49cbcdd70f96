export { createTestIdentity } from './create-recorder-bed.ts';
export { sampleRecording, type SampleRecording } from './sample-recording.ts';
