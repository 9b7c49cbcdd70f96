import { streamAnswerSchema, type StreamAnswer } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';

/**
 * Reads answers that a replica of this or another version has kept, with a turn of the event loop between two: a large
 * list holds nobody up. What cannot be read counts as not answered.
 */
export async function readAnswers(texts: readonly string[]): Promise<StreamAnswer[]> {
  const answers: StreamAnswer[] = [];
  for (const text of texts) {
    const answer = streamAnswerSchema.safeParse(parseJson(text)).data;
    if (answer) answers.push(answer);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  return answers;
}
