import { streamAnswerSchema } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type StreamQuestionRegistry } from '@sallyport/stores';

/**
 * Stores one gateway's answer to a question about streams. Throws `bad-request` for any other body, and `not-found` if
 * the question is not open.
 */
export async function takeAnswer(text: string, registry: Pick<StreamQuestionRegistry, 'answer'>): Promise<void> {
  const parsed = streamAnswerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'The body is not an answer to a question about streams.');
  if (!(await registry.answer(parsed.data))) throw new ProblemError('not-found', 'This question is no longer open.');
}
