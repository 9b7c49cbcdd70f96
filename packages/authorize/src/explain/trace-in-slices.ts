import { traceAlternatives, type AlternativeTrace, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';

const sliceMs = 5;
const clockEvery = 16;

/** Traces policies however large they are, a few milliseconds at a time: checks are answered in between. */
export async function traceInSlices(policies: readonly CompiledPolicy[], input: PolicyInput, pause: () => Promise<void>): Promise<AlternativeTrace[]> {
  const traces: AlternativeTrace[] = [];
  let startedAt = performance.now();
  for (const trace of traceAlternatives(policies, input)) {
    traces.push(trace);
    if (traces.length % clockEvery !== 0 || performance.now() - startedAt < sliceMs) continue;
    await pause();
    startedAt = performance.now();
  }
  return traces;
}
