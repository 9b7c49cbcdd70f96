import type { Socket } from 'node:net';
import { createCheckConnection, type Asked, type CheckConnection } from './check-connection.ts';

/**
 * The credential of a connection may have been half used up when it was opened, after 30 seconds. Authorize ends the
 * connection with the credential, so another one is opened before that. Each may lead to another replica.
 */
const renewAfterMs = 25_000;
/** What has not been replaced by then is not used any more. */
const useForMs = 28_000;
/** A connection that is given up sooner than this counts as a failure, so that the next ones come after a pause. */
const shortMs = 1000;
/** The pauses after the second, third and further failures in a row, in milliseconds, double from the first one. */
const [firstPauseMs, longestPauseMs] = [10, 320];
/** How many connections there may be while old ones wait for their last answers, and how many may be opened at once. */
const [maxConnections, maxAttempts] = [4, 3];

/**
 * What becomes of connections: one was opened, could not be, was given up because it was silent, or authorize did not
 * switch protocols.
 */
export const connectionOutcomes = ['opened', 'failed', 'silent', 'unsupported'] as const;
export type ConnectionOutcome = (typeof connectionOutcomes)[number];

type Deps<Q> = {
  /** Opens a connection. Resolves with undefined if authorize does not know the protocol. */
  open(): Promise<Socket | undefined>;
  /** After this long without a byte, a connection that owes answers counts as dead, in milliseconds. */
  silenceMs: number;
  onAnswer(question: Q, text: string): void;
  onProblem(question: Q, text: string): void;
  /** Questions must be asked elsewhere, because their connection is gone, or silent. */
  onLost(questions: readonly Q[]): void;
  /** A connection may have become able to take questions. */
  onRoom(): void;
  /** A connection could not be opened. The next attempt comes after `pauseMs`. */
  onFailure(error: unknown, pauseMs: number): void;
  onUnsupported(): void;
  count(outcome: ConnectionOutcome): void;
};

/** The connections to authorize. One of them is used at a time; others wait for their last answers. */
export type CheckConnections<Q extends Asked> = {
  /** Returns the connection that takes questions now. Without one, opens it: `onRoom` or `onFailure` follows. */
  current(): CheckConnection<Q> | undefined;
  /** Gives up connections that are silent, and closes old ones whose questions are all settled. */
  sweep(): void;
  /** Uses another connection from now on, because the replica at the end of this one cannot decide. */
  move(): void;
};

/** Opens connections: one at a time, with pauses after failures, and another one beside an attempt that takes long. */
function createOpener<Q>(deps: Deps<Q>, use: (socket: Socket) => void) {
  let attempts = 0;
  let attemptedAt = 0;
  let failures = 0;
  let pause: NodeJS.Timeout | undefined;
  const pauseMs = () => (failures < 2 ? 0 : Math.min(firstPauseMs * 2 ** (failures - 2), longestPauseMs));
  const attempt = async () => {
    pause = undefined;
    attempts += 1;
    attemptedAt = performance.now();
    let socket: Socket | undefined;
    try {
      socket = await deps.open();
    } catch (error) {
      attempts -= 1;
      failures += 1;
      deps.count('failed');
      return deps.onFailure(error, pauseMs());
    }
    attempts -= 1;
    if (socket) return use(socket);
    deps.count('unsupported');
    deps.onUnsupported();
  };
  return {
    /** Opens a connection, unless one is being opened. */
    seek() {
      if (attempts > 0 || pause) return;
      const ms = pauseMs();
      if (ms === 0) void attempt();
      else pause = setTimeout(() => void attempt(), ms);
    },
    seekBesides() {
      const isLong = performance.now() - attemptedAt > deps.silenceMs;
      if (attempts > 0 && attempts < maxAttempts && isLong) void attempt();
    },
    countEnd({ openedAt }: { readonly openedAt: number }) {
      failures = performance.now() - openedAt < shortMs ? failures + 1 : 0;
    },
  };
}

/** Creates the connections. The first one is opened for the first question. */
export function createCheckConnections<Q extends Asked>(deps: Deps<Q>): CheckConnections<Q> {
  const all = new Set<CheckConnection<Q>>();
  let current: CheckConnection<Q> | undefined;
  /** The connection whose successor is being opened. It is used until then. */
  let leaving: CheckConnection<Q> | undefined;
  /** Returns what is asked there, and nowhere else since then. */
  const owedBy = (connection: CheckConnection<Q>) =>
    connection.open().filter((question) => !question.settled && question.on === connection);
  const stopUsing = (connection: CheckConnection<Q>) => {
    if (current !== connection) return;
    current = undefined;
    opener.countEnd(connection);
  };
  const replace = (connection: CheckConnection<Q>) => {
    leaving = connection;
    opener.seek();
  };
  const abandon = (connection: CheckConnection<Q>) => {
    deps.count('silent');
    stopUsing(connection);
    const again = owedBy(connection).filter(({ hurried }) => !hurried);
    for (const question of again) question.hurried = true;
    deps.onLost(again);
    connection.retire();
  };
  const opener = createOpener(deps, (socket) => {
    // Another attempt was faster.
    if (current && leaving !== current) return void socket.destroy();
    const connection: CheckConnection<Q> = createCheckConnection(socket, {
      ...deps,
      onLeave() {
        if (current !== connection || leaving === connection) return;
        if (connection.open().length > 0) {
          opener.countEnd(connection);
          return replace(connection);
        }
        // The next question opens another one. Meanwhile the replica can stop.
        stopUsing(connection);
        connection.retire();
      },
      onGone() {
        all.delete(connection);
        stopUsing(connection);
        deps.onLost(owedBy(connection));
      },
    });
    deps.count('opened');
    all.add(connection);
    const before = current;
    current = connection;
    leaving = undefined;
    before?.retire();
    if (all.size > maxConnections) all.values().next().value!.destroy();
    deps.onRoom();
  });
  return {
    current() {
      const age = current ? performance.now() - current.openedAt : 0;
      if (current && age > useForMs) {
        const old = current;
        stopUsing(old);
        old.retire();
      } else if (current && (age > renewAfterMs || leaving === current)) replace(current);
      if (!current) opener.seek();
      return current;
    },
    sweep() {
      const now = performance.now();
      for (const connection of all)
        if (connection !== current) connection.retire();
        else if (now - connection.heardAt > deps.silenceMs && connection.open().some(({ settled }) => !settled))
          abandon(connection);
      if (!current) opener.seekBesides();
    },
    move() {
      const old = current;
      if (!old || performance.now() - old.openedAt < shortMs) return;
      stopUsing(old);
      old.retire();
    },
  };
}
