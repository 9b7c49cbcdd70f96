import { ProblemError } from '@sallyport/kit';

/**
 * Lets questions through to the store a few at a time, so that what is stored meanwhile does not wait behind all of
 * them.
 */
export type QuestionTurns = {
  /**
   * Asks when its turn has come. Rejects with `too-many-requests` where this person has too many questions open;
   * undefined if nobody waits for the answer any more when its turn comes.
   */
  ask<T>(who: string, question: () => Promise<T>, isGone: () => boolean): Promise<T | undefined>;
};

export type QuestionTurnsDeps = {
  /** How many questions the store is asked at once. */
  atOnce: number;
  /** How many questions one person may have open, those that wait included. */
  perPerson?: number;
};

/** Creates the turns. Whoever came first is first. */
export function createQuestionTurns({ atOnce, perPerson = 4 }: QuestionTurnsDeps): QuestionTurns {
  const open = new Map<string, number>();
  const waiting: (() => void)[] = [];
  let asked = 0;

  const enter = (who: string) => {
    const own = open.get(who) ?? 0;
    if (own >= perPerson)
      throw new ProblemError(
        'too-many-requests',
        `You have ${perPerson} questions to the audit log open already. Wait until they are answered.`,
      );
    open.set(who, own + 1);
  };
  const leave = (who: string) => {
    const own = open.get(who)! - 1;
    if (own === 0) open.delete(who);
    else open.set(who, own);
  };
  const turn = async (): Promise<void> => {
    if (asked >= atOnce)
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    else asked += 1;
  };
  const pass = () => {
    const next = waiting.shift();
    // The place goes from one to the next, so that nobody who comes between takes it.
    if (next) next();
    else asked -= 1;
  };
  return {
    async ask(who, question, isGone) {
      enter(who);
      try {
        await turn();
        try {
          return isGone() ? undefined : await question();
        } finally {
          pass();
        }
      } finally {
        leave(who);
      }
    },
  };
}
