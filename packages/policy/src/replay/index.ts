// Recorded requests, evaluated by a proposed policy.
export { createRecordedEvaluator } from './evaluate-recorded.ts';
export { createReplayer, type Proposal, type ReplayResult, type SkippedEvents } from './replayer.ts';
export { createSeenIds } from './seen-ids.ts';
export { createTally, type Changes, type Example, type Inconclusive } from './tally.ts';
