import { streamAnswerSchema, type StreamAnswer, type StreamQuestion, type StreamsChanged } from '@sallyport/contracts';
import { createTimeSlicer, parseJson, createListeners, ProblemError } from '@sallyport/kit';

/** How long a question is open, in milliseconds. The caller waits for less. */
export const questionLifeMs = 5000;
/** How many answers to one question are kept, and how many bytes of JSON. Beyond that an answer is kept without rows. */
export const maxAnswers = 256;
export const maxAnswerBytes = 8 * 1024 * 1024;

/**
 * Carries questions about open streams from replicas of authorize to all gateways, and collects the answers, whichever
 * replica receives them. A registry that cannot be reached rejects with `sessions-unavailable`. Every backend passes the
 * same conformance suite.
 */
export interface StreamQuestionRegistry {
  /** Asks a question, which is open for five seconds. */
  ask(question: StreamQuestion): Promise<void>;
  /** Calls back for every question, whichever replica asks it. Returns a function that unsubscribes. */
  onQuestion(listener: (question: StreamQuestion) => void): () => void;
  /** Tells all replicas whose streams began or ended. */
  announce(change: StreamsChanged): Promise<void>;
  /** Calls back for every announcement. Returns a function that unsubscribes. */
  onAnnounced(listener: (change: StreamsChanged) => void): () => void;
  /** Accepts a gateway's answer. Returns false if the question is not open, or if this gateway has answered it. */
  answer(answer: StreamAnswer): Promise<boolean>;
  /** Lists the gateways that have answered so far. */
  answered(questionId: string): Promise<string[]>;
  /** Closes the question and returns its answers. */
  take(questionId: string): Promise<StreamAnswer[]>;
}

/** Returns an answer without its rows, which count as omitted. */
export function withoutRows(answer: StreamAnswer): StreamAnswer {
  return { ...answer, rows: [], omitted: answer.omitted + answer.rows.length };
}

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

type Open = { until: number; bytes: number; answers: Map<string, string> };
const maxOpen = 64;

/** Creates a registry in memory, for a single replica of authorize. */
export function createMemoryStreamQuestionRegistry(deps: { now: () => number }): StreamQuestionRegistry {
  const open = new Map<string, Open>();
  const questions = createListeners<StreamQuestion>();
  const announced = createListeners<StreamsChanged>();
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
    announce: async (change) => announced.tell(change),
    onAnnounced: (listener) => announced.add(listener),
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
