import { streamAnswerSchema } from '@sallyport/contracts';
import { parseJson, ProblemError } from '@sallyport/kit';
import { type StreamQuestionRegistry } from '@sallyport/stores';

/**
 * Takes one gateway's answer to a question about streams. Throws `bad-request` for what is none, and `not-found` where
 * nobody waits for it (any more).
 */
export async function takeAnswer(text: string, registry: Pick<StreamQuestionRegistry, 'answer'>): Promise<void> {
  const parsed = streamAnswerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'This is no answer to a question about streams.');
  if (!(await registry.answer(parsed.data))) throw new ProblemError('not-found', 'Nobody waits for this answer.');
}
