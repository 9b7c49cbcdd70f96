import { setImmediate } from 'node:timers/promises';
import {
  runStepsSliced,
  traceAlternatives,
  type AlternativeTrace,
  type CompiledPolicy,
  type PolicyInput,
  type Steps,
} from '@sallyport/policy';

const sliceMs = 5;

function* gather(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  judgedAs: string | undefined,
): Steps<AlternativeTrace[]> {
  const traces: AlternativeTrace[] = [];
  for (const trace of traceAlternatives(policies, input, judgedAs)) {
    traces.push(trace);
    yield;
  }
  return traces;
}

/**
 * Traces policies under the verb that decided, however large they are, a few milliseconds at a time: checks are
 * answered in between.
 */
export function traceInSlices(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  judgedAs?: string,
): Promise<AlternativeTrace[]> {
  return runStepsSliced(gather(policies, input, judgedAs), { pause: () => setImmediate(), sliceMs });
}
