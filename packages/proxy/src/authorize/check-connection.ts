import type { Socket } from 'node:net';
import { maxAnswerBytes, maxOpenQuestions } from '@sallyport/contracts';
import { createRecordReader, RecordFault, recordKinds, writeRecords } from '@sallyport/kit';

/** What waits for an answer. */
export type Asked = {
  /** Whether it waits no more. An answer to it is then dropped. */
  settled: boolean;
  /** Where it was asked last. */
  on: object | undefined;
  /** Whether it was asked again because a connection was silent. Once is enough: the session store may be slow. */
  hurried: boolean;
};

/** One connection over which authorize is asked. Times are milliseconds of the monotonic clock. */
export type CheckConnection<Q extends Asked> = {
  readonly openedAt: number;
  /** When something arrived last, or was asked while nothing was open. */
  readonly heardAt: number;
  /** How many more questions it takes now. */
  room(): number;
  /** Asks questions, whose texts are given, in one write. */
  send(questions: readonly Q[], texts: readonly string[]): void;
  /** Returns the questions that have no answer here, also those that are settled. */
  open(): readonly Q[];
  /** Closes the connection as soon as nothing that it was asked waits any more. */
  retire(): void;
  destroy(): void;
};

type Listener<Q> = {
  onAnswer(question: Q, text: string): void;
  onProblem(question: Q, text: string): void;
  /** Authorize wants another connection to be used. */
  onLeave(): void;
  /** There may be room for more questions. */
  onRoom(): void;
  /** The connection is closed, or said something that it must not. */
  onGone(): void;
};

/**
 * Creates a connection from a socket that speaks `checkProtocol`. An answer belongs to the question with its ID, which is
 * never used again. Anything else that arrives ends the connection.
 */
export function createCheckConnection<Q extends Asked>(socket: Socket, listener: Listener<Q>): CheckConnection<Q> {
  /** By their IDs. Not a map, for the reason that a roster is not a set. */
  const questions: Record<number, Q> = {};
  let count = 0;
  const openedAt = performance.now();
  let heardAt = openedAt;
  let lastId = 0;
  let gone = false;
  let retiring = false;
  const close = () => {
    if (gone) return;
    gone = true;
    socket.destroy();
    listener.onGone();
  };
  const closeIfDone = () => {
    if (retiring && Object.values(questions).every(({ settled }) => settled)) close();
  };
  const reader = createRecordReader(maxAnswerBytes, (kind, id, text) => {
    if (kind === recordKinds.leave) return listener.onLeave();
    const question = questions[id];
    if (!question || kind === recordKinds.question) throw new RecordFault('authorize answers what it was not asked');
    delete questions[id];
    count -= 1;
    if (kind === recordKinds.answer) listener.onAnswer(question, text);
    else listener.onProblem(question, text);
  });
  socket.on('data', (bytes: Buffer) => {
    if (gone) return;
    heardAt = performance.now();
    try {
      reader.push(bytes);
    } catch {
      return close();
    }
    closeIfDone();
    listener.onRoom();
  });
  socket.on('drain', () => listener.onRoom());
  socket.on('end', close);
  socket.on('close', close);
  const connection: CheckConnection<Q> = {
    openedAt,
    get heardAt() {
      return heardAt;
    },
    room: () => (gone || socket.writableNeedDrain ? 0 : maxOpenQuestions - count),
    send(asked, texts) {
      if (count === 0) heardAt = performance.now();
      const records = texts.map((text, index) => {
        lastId += 1;
        const question = asked[index]!;
        question.on = connection;
        questions[lastId] = question;
        return { kind: recordKinds.question, id: lastId, text };
      });
      count += records.length;
      socket.write(writeRecords(records));
    },
    open: () => Object.values(questions),
    retire() {
      retiring = true;
      closeIfDone();
    },
    destroy: close,
  };
  return connection;
}
