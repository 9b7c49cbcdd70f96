import type { StreamAnswer, StreamQuestion } from '@sallyport/contracts';

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
