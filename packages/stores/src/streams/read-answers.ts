import { streamAnswerSchema, type StreamAnswer } from '@sallyport/contracts';
import { createTimeSlicer, parseJson } from '@sallyport/kit';

const sliceMs = 5;

/**
 * Reads answers that a replica of this or another version has kept, a few milliseconds at a time. An answer that cannot
 * be read counts as missing.
 */
export async function readAnswers(texts: readonly string[]): Promise<StreamAnswer[]> {
  const slicer = createTimeSlicer(sliceMs);
  const answers: StreamAnswer[] = [];
  for (const text of texts) {
    const answer = streamAnswerSchema.safeParse(parseJson(text)).data;
    if (answer) answers.push(answer);
    await slicer.turn();
  }
  return answers;
}
