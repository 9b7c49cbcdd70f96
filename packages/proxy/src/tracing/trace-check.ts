import type { CheckAnswer } from '@sallyport/contracts';
import { toProblem, type Span, type SpanAttributes } from '@sallyport/kit';

/** Makes a check as a part of the request that it is for. The span begins when the check begins to wait for its batch. */
export async function traceCheck(
  parent: Span,
  peer: SpanAttributes | undefined,
  ask: (span: Span) => Promise<CheckAnswer>,
): Promise<CheckAnswer> {
  const span = parent.begin({ name: 'check', kind: 'client', attributes: { ...peer } });
  try {
    const answer = await ask(span);
    span.set({ 'sallyport.effect': answer.decision.effect, 'sallyport.rule': answer.decision.rule });
    span.end();
    return answer;
  } catch (error) {
    span.end({ error: toProblem(error).code });
    throw error;
  }
}
