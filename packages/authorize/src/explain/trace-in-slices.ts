import { createTimeSlicer } from '@sallyport/kit';
import { traceAlternatives, type AlternativeTrace, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';

const sliceMs = 5;

/**
 * Traces policies under the verb that decided. A large policy is traced a few milliseconds at a time, so that checks
 * are answered in between.
 */
export async function traceInSlices(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  judgedAs?: string,
): Promise<AlternativeTrace[]> {
  const slicer = createTimeSlicer(sliceMs);
  const traces: AlternativeTrace[] = [];
  for (const trace of traceAlternatives(policies, input, judgedAs)) {
    traces.push(trace);
    await slicer.turn();
  }
  return traces;
}
