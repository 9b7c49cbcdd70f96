import { toProblem, type Span, type Tracer } from '@sallyport/kit';
import type { TracedCheck } from './read-checks.ts';

/** A batch of checks: which of them are traced, how many it has, and when it arrived, in milliseconds since the epoch. */
type Batch = { traces: readonly TracedCheck[]; size: number; startedAt: number };

const route = '/v1/check';

function beginSpan(tracer: Tracer, { parent }: TracedCheck, { size, startedAt }: Batch): Span {
  return tracer.begin({
    name: `POST ${route}`,
    kind: 'server',
    parent,
    startedAt,
    attributes: { 'http.request.method': 'POST', 'http.route': route, 'sallyport.checks': size },
  });
}

/** Answers a batch of checks, with a span for each of them that the gateway traces. */
export async function traceChecks<Answer>(
  tracer: Tracer,
  batch: Batch,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const spans = batch.traces.map((one) => beginSpan(tracer, one, batch));
  const end = (status: number, error?: string) => {
    for (const span of spans) {
      span.set({ 'http.response.status_code': status });
      span.end(error === undefined ? {} : { error });
    }
  };
  try {
    const answered = await answer();
    end(200);
    return answered;
  } catch (error) {
    const { status, code } = toProblem(error);
    end(status, code);
    throw error;
  }
}
