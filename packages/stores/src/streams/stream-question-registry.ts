import type { StreamAnswer, StreamQuestion } from '@sallyport/contracts';

/** How long a question is open, in milliseconds; whoever asked waits for less. */
export const questionLifeMs = 5000;
/**
 * What is kept of the answers to one question: so many of them, and so many bytes of JSON. Beyond that an answer is
 * kept without its rows.
 */
export const mostAnswers = 256;
export const mostAnswerBytes = 8 * 1024 * 1024;

/**
 * Where replicas of authorize put questions to all gateways, and gather the answers, whichever replica they come to. An
 * unreachable registry rejects with `sessions-unavailable`. Every backend passes one conformance suite.
 */
export interface StreamQuestionRegistry {
  /** Puts a question, to be answered within five seconds. */
  ask(question: StreamQuestion): Promise<void>;
  /** Calls back for every question, whichever replica puts it; returns how to stop. */
  onQuestion(listener: (question: StreamQuestion) => void): () => void;
  /** Takes one gateway's answer. False if the question is not open, or this gateway has answered it. */
  answer(answer: StreamAnswer): Promise<boolean>;
  /** Who has answered so far. */
  answered(questionId: string): Promise<string[]>;
  /** Closes the question, and returns what was answered. */
  take(questionId: string): Promise<StreamAnswer[]>;
}

/** What is kept of an answer that there is no room for. */
export function withoutRows(answer: StreamAnswer): StreamAnswer {
  return { ...answer, rows: [], omitted: answer.omitted + answer.rows.length };
}
