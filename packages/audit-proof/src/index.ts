// The proof of the audit trail: hash chains, signed checkpoints and their verification.
export { canonicalJson } from './canonical/canonical-json.ts';
export { JsonBytes } from './canonical/json-bytes.ts';
export {
  createSealer,
  type ChainPlace,
  type Sealer,
  type SealerDeps,
  type WritesItself,
} from './chain/create-sealer.ts';
export { firstPrevHash, hashEvent, type HashedEvent } from './chain/hash-event.ts';
export { readCheckpointKeys, toJwks, type CheckpointJwk, type CheckpointKeys } from './checkpoint/checkpoint-keys.ts';
export { keyIdOf } from './checkpoint/key-id.ts';
export { checkSignature } from './checkpoint/check-signature.ts';
export { hashCheckpoint, signCheckpoint, type SignedCheckpoint } from './checkpoint/sign-checkpoint.ts';
export type { AbsentPeriod } from './verify/absent-times.ts';
export { atPlace, contentOf } from './verify/event-content.ts';
export { createVerifier, type Verifier, type VerifierDeps } from './verify/create-verifier.ts';
export { createRecordingVerifier, type RecordingVerifier } from './recordings/create-recording-verifier.ts';
export {
  type ReadRecordingFile,
  type RecordingFault,
  type RecordingFaultKind,
  type RecordingsReport,
} from './recordings/recording-report.ts';
export { repeatsMember } from './verify/repeats-member.ts';
export { createTrailSurvey, type CarriedTrail, type TrailSurvey } from './verify/survey-trail.ts';
export {
  type FaultKind,
  type Neighbor,
  type ProducerSummary,
  type TrailEvent,
  type TrailFault,
  type TrailPlace,
  type TrailReport,
} from './verify/trail.ts';
