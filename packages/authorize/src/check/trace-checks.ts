import { toProblem, type Span, type Tracer } from '@sallyport/kit';
import type { TracedCheck } from './read-checks.ts';

/** Checks that arrived together: which of them are traced, and how many there are. */
type Batch = { traces: readonly TracedCheck[]; size: number };

function beginSpan(tracer: Tracer, { parent }: TracedCheck, size: number): Span {
  return tracer.begin({ name: 'check', kind: 'server', parent, attributes: { 'sallyport.checks': size } });
}

/** Answers a batch of checks, with a span for each of them that the gateway traces. */
export async function traceChecks<Answer>(
  tracer: Tracer,
  batch: Batch,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const spans = batch.traces.map((one) => beginSpan(tracer, one, batch.size));
  const end = (error?: string) => {
    for (const span of spans) span.end(error === undefined ? {} : { error });
  };
  try {
    const answered = await answer();
    end();
    return answered;
  } catch (error) {
    end(toProblem(error).code);
    throw error;
  }
}
