import type { StreamAnswer, StreamQuestion } from '@sallyport/contracts';
import { type ReplicaRegistry, type StreamQuestionRegistry } from '@sallyport/stores';

type AskGatewaysDeps = {
  registry: Pick<StreamQuestionRegistry, 'ask' | 'answered' | 'take'>;
  replicas: Pick<ReplicaRegistry, 'list'>;
  /** Reports whether the registry of replicas lists every gateway by now. */
  settled: () => boolean;
  /** How long gateways may take to answer, in milliseconds. */
  answerMs?: number;
};

/** Asks all gateways. `missing` names those that did not answer in time. */
export type AskGateways = (question: StreamQuestion) => Promise<{ answers: StreamAnswer[]; missing: string[] }>;

const pollMs = 20;
const pause = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, pollMs);
  });

/**
 * Creates what asks a question in the registry, and waits for the answers for a second, or until every gateway that has
 * reported recently has answered.
 */
export function createAskGateways({ registry, replicas, settled, answerMs = 1000 }: AskGatewaysDeps): AskGateways {
  return async (question) => {
    const expected = (await replicas.list()).filter(({ service }) => service === 'proxy').map(({ id }) => id);
    const until = performance.now() + answerMs;
    await registry.ask(question);
    for (;;) {
      await pause();
      const late = performance.now() >= until;
      const answered = late ? [] : await registry.answered(question.id);
      if (late || (settled() && expected.every((id) => answered.includes(id)))) break;
    }
    const answers = await registry.take(question.id);
    return { answers, missing: expected.filter((id) => !answers.some(({ proxy }) => proxy === id)) };
  };
}
