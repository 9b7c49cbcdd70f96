import type { Check, CheckAnswer } from '@sallyport/contracts';
import { ProblemError, Roster, type RosterPlace, type Span } from '@sallyport/kit';
import type { Asked } from './check-connection.ts';

/** A check that has no answer yet. */
export type OpenQuestion = Asked & {
  readonly check: Check;
  /** The span of this check, if its request is traced. */
  readonly span: Span | undefined;
  /**
   * When it is refused, in milliseconds of the monotonic clock. The time begins anew when it is sent for the first time,
   * so that what waits behind many others is not refused while those are answered.
   */
  until: number;
  sent: boolean;
  /** Whether a replica has said already that it cannot read sessions. */
  storeWasAway: boolean;
  /** Its place among those that have no answer. */
  place: RosterPlace<OpenQuestion> | undefined;
  resolve(answer: CheckAnswer): void;
  reject(error: unknown): void;
};

function asAnswer(value: unknown): CheckAnswer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { decision } = value as { decision?: { effect?: unknown; rule?: unknown } };
  const known =
    decision &&
    (decision.effect === 'allow' || decision.effect === 'deny' || decision.effect === 'authenticate') &&
    typeof decision.rule === 'string';
  return known ? (value as CheckAnswer) : undefined;
}

/** The refusal of a request about which authorize gives no decision in time. */
export const undecided = (cause?: unknown): ProblemError =>
  new ProblemError(
    'authorize-unavailable',
    'The gateway cannot get a decision at the moment, so it refused the request. Try again shortly.',
    { cause },
  );
const unreadable = () =>
  new ProblemError('authorize-unavailable', 'The gateway could not read the decision, so it refused the request.');

/** The checks that have no answer yet, in the order in which they were asked. */
export type OpenQuestions = {
  readonly size: number;
  add(question: OpenQuestion): void;
  /** Takes up to `count` of those that are to be sent. */
  take(count: number): OpenQuestion[];
  isWaiting(): boolean;
  /** Has these sent again, before the others. */
  putBack(questions: readonly OpenQuestion[]): void;
  /** Settles a question with what authorize sent as its answer. What is not a decision refuses. */
  answer(question: OpenQuestion, value: unknown): void;
  refuse(question: OpenQuestion, error: ProblemError): void;
  /** Refuses a question because of what authorize says, or returns true if it is worth asking once more. */
  fail(question: OpenQuestion, error: ProblemError): boolean;
  /** Refuses those that wait, and would have too little time left after a pause. */
  refuseLate(pauseMs: number, cause: unknown): void;
  /** Refuses those whose time is over within `ms`, up to the first one whose time is not. */
  expire(ms: number): void;
};

/** Creates the list. `timeoutMs` is the time that each question has. */
export function createOpenQuestions(timeoutMs: number): OpenQuestions {
  const open = new Roster<OpenQuestion>();
  /** Some of these may be settled meanwhile, by a connection that was late. */
  let waiting: OpenQuestion[] = [];
  const hasTime = ({ until }: OpenQuestion, pauseMs: number) => until - performance.now() - pauseMs >= timeoutMs / 4;
  const settle = (question: OpenQuestion) => {
    question.settled = true;
    return question.place !== undefined && open.remove(question.place);
  };
  const refuse = (question: OpenQuestion, error: ProblemError) => {
    if (settle(question)) question.reject(error);
  };
  return {
    get size() {
      return open.size;
    },
    add(question) {
      question.place = open.add(question);
      waiting.push(question);
    },
    take(count) {
      const until = performance.now() + timeoutMs;
      const taken = waiting.splice(0, count).filter(({ settled }) => !settled);
      for (const question of taken)
        if (!question.sent) {
          question.sent = true;
          question.until = until;
        }
      return taken;
    },
    isWaiting: () => waiting.length > 0,
    putBack(questions) {
      for (const question of questions) question.on = undefined;
      waiting.unshift(...questions);
    },
    answer(question, value) {
      const answer = asAnswer(value);
      if (!answer) refuse(question, unreadable());
      else if (settle(question)) question.resolve(answer);
    },
    refuse,
    fail(question, error) {
      // A replica that has just started, or has lost its connection to Redis, may be alone in that. Once is enough: if
      // Redis is away, clients are told soon.
      if (error.code === 'sessions-unavailable' && !question.storeWasAway && hasTime(question, 0)) {
        question.storeWasAway = true;
        return !question.settled;
      }
      refuse(question, error.status === 503 && error.code !== 'service-unavailable' ? error : undecided(error));
      return false;
    },
    refuseLate(pauseMs, cause) {
      for (const question of waiting) if (!hasTime(question, pauseMs)) refuse(question, undecided(cause));
      waiting = waiting.filter(({ settled }) => !settled);
    },
    expire(ms) {
      const now = performance.now();
      for (let late = open.first; late && late.until <= now + ms; late = open.first) refuse(late, undecided());
    },
  };
}
