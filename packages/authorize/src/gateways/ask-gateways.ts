import { type StreamAnswer, type StreamQuestion, streamAnswerSchema } from '@sallyport/contracts';
import type { ReplicaRegistry, StreamQuestionRegistry } from '@sallyport/stores';
import { parseJson, ProblemError } from '@sallyport/kit';

type AskGatewaysDeps = {
  registry: Pick<StreamQuestionRegistry, 'ask' | 'answered' | 'take'>;
  replicas: Pick<ReplicaRegistry, 'list'>;
  /** Reports whether the registry of replicas lists every gateway by now. */
  settled: () => boolean;
  /** How long gateways may take to answer, in milliseconds. */
  answerMs?: number;
};

/**
 * Asks all gateways, and waits for their answers, or for that of one if the question is for it. `missing` names those that
 * did not answer in time.
 */
export type AskGateways = (question: StreamQuestion) => Promise<{ answers: StreamAnswer[]; missing: string[] }>;

const pollMs = 20;
const pause = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, pollMs);
  });

/**
 * Asks a question in the registry, and waits for the answers for a second, or until every gateway that has
 * reported recently has answered.
 */
export function createAskGateways({ registry, replicas, settled, answerMs = 1000 }: AskGatewaysDeps): AskGateways {
  return async (question) => {
    const only = question.watch?.proxy;
    const listed = only === undefined ? await replicas.list() : [];
    const expected = [only ?? listed.filter(({ service }) => service === 'proxy').map(({ id }) => id)].flat();
    const isKnown = () => only !== undefined || settled();
    const until = performance.now() + answerMs;
    await registry.ask(question);
    for (;;) {
      await pause();
      const late = performance.now() >= until;
      const answered = late ? [] : await registry.answered(question.id);
      if (late || (isKnown() && expected.every((id) => answered.includes(id)))) break;
    }
    const answers = await registry.take(question.id);
    return { answers, missing: expected.filter((id) => !answers.some(({ proxy }) => proxy === id)) };
  };
}

/**
 * Stores one gateway's answer to a question about streams. Throws `bad-request` for any other body, and `not-found` if
 * the question is not open.
 */
export async function takeAnswer(text: string, registry: Pick<StreamQuestionRegistry, 'answer'>): Promise<void> {
  const parsed = streamAnswerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new ProblemError('bad-request', 'The body is not an answer to a question about streams.');
  if (!(await registry.answer(parsed.data))) throw new ProblemError('not-found', 'This question is no longer open.');
}
