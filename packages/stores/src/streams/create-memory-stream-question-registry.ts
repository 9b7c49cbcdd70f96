import type { StreamQuestion } from '@sallyport/contracts';
import { createListeners, ProblemError } from '@sallyport/kit';
import { readAnswers } from './read-answers.ts';
import {
  maxAnswerBytes,
  maxAnswers,
  questionLifeMs,
  withoutRows,
  type StreamQuestionRegistry,
} from './stream-question-registry.ts';

type Open = { until: number; bytes: number; answers: Map<string, string> };
const maxOpen = 64;

/** Creates a registry in memory, for a single replica of authorize. */
export function createMemoryStreamQuestionRegistry(deps: { now: () => number }): StreamQuestionRegistry {
  const open = new Map<string, Open>();
  const questions = createListeners<StreamQuestion>();
  const find = (id: string): Open | undefined => {
    for (const [key, { until }] of open) if (until <= deps.now()) open.delete(key);
    return open.get(id);
  };
  return {
    async ask(question) {
      find(question.id);
      if (open.size >= maxOpen)
        throw new ProblemError(
          'too-many-requests',
          'Too many lists of streams are being made at the moment. Try again shortly.',
        );
      open.set(question.id, { until: deps.now() + questionLifeMs, bytes: 0, answers: new Map() });
      questions.tell(question);
    },
    onQuestion: (listener) => questions.add(listener),
    async answer(answer) {
      const asked = find(answer.question);
      if (!asked || asked.answers.has(answer.proxy) || asked.answers.size >= maxAnswers) return false;
      const text = JSON.stringify(answer);
      asked.bytes += Buffer.byteLength(text);
      asked.answers.set(answer.proxy, asked.bytes > maxAnswerBytes ? JSON.stringify(withoutRows(answer)) : text);
      return true;
    },
    answered: async (id) => [...(find(id)?.answers.keys() ?? [])],
    async take(id) {
      const texts = [...(find(id)?.answers.values() ?? [])];
      open.delete(id);
      return readAnswers(texts);
    },
  };
}
