import { setImmediate } from 'node:timers/promises';
import { runStepsSliced, traceAlternatives, type AlternativeTrace, type CompiledPolicy, type PolicyInput, type Steps } from '@sallyport/policy';

const sliceMs = 5;

function* gather(policies: readonly CompiledPolicy[], input: PolicyInput): Steps<AlternativeTrace[]> {
  const traces: AlternativeTrace[] = [];
  for (const trace of traceAlternatives(policies, input)) {
    traces.push(trace);
    yield;
  }
  return traces;
}

/** Traces policies however large they are, a few milliseconds at a time: checks are answered in between. */
export function traceInSlices(policies: readonly CompiledPolicy[], input: PolicyInput): Promise<AlternativeTrace[]> {
  return runStepsSliced(gather(policies, input), { pause: () => setImmediate(), sliceMs });
}
