import type { CheckAnswer, Config } from '@sallyport/contracts';
import { createTimeSlicer } from '@sallyport/kit';
import { type CheckClient, checkReadings } from '../authorize/check-client.ts';
import type { OpenStream, OpenStreamKind, StreamEnd } from '../exchange/exchange.ts';
import { elevationsOf, endAfterRecheck, endOfUnrecorded, firstEndOf, recheckOf } from './end-after-recheck.ts';
import type { StreamRegistry } from './stream-registry.ts';

type StreamRecheckDeps = {
  registry: StreamRegistry;
  checks: CheckClient;
  settings: Pick<Config['streams'], 'recheck' | 'grace'>;
  now: () => number;
};

const tickMs = 250;
/** How much of one turn of the event loop ending streams may take, in milliseconds. */
const sliceMs = 10;
/** How often one stream is rechecked as a sample, to notice early that authorize cannot be reached. */
const sampleMs = 2000;
const retryMs = 1000;
/** How long streams are rechecked while replicas still answer with the previous policy, in milliseconds. */
const newPolicyMs = 10_000;

/** Exec, attach and port-forward count as use of a session. A watch or a log may be open while nobody looks at it. */
const countsAsUse = (kind: OpenStreamKind) => kind === 'exec' || kind === 'attach' || kind === 'portforward';

/** When the session of an answer ends if it is not used, or at the latest. Infinity if the answer does not say. */
const sessionEndOf = ({ session }: CheckAnswer) =>
  Math.min(session?.expiresAt ?? Infinity, session?.idleEndsAt ?? Infinity);

/** When the session of a stream ends. Infinity while authorize cannot be reached about it: `dueAt` rules then. */
const expiryOf = ({ exchange, uncheckedSince }: OpenStream) =>
  uncheckedSince === undefined ? (exchange.answer.session?.expiresAt ?? Infinity) : Infinity;

/** The end of a stream whose elevation has surely expired, although authorize cannot be asked. */
const elevationExpired = ({ elevations }: OpenStream): StreamEnd => {
  const [first] = elevations.toSorted((one, other) => one.expiresAt - other.expiresAt);
  return {
    reason: 'not-allowed',
    code: 'forbidden',
    detail: `Your elevation ${first?.name ?? ''} has expired, so this was ended.`,
  };
};

/** Creates the part that applies the outcome of a recheck to a stream. */
function createOutcomes({ registry, settings, now }: StreamRecheckDeps) {
  let wanted: { version: string; until: number } | undefined;
  const slicer = createTimeSlicer(sliceMs);
  const cut = (stream: OpenStream, end: StreamEnd) => slicer.run(() => registry.cut(stream, end));
  return {
    want(version: string) {
      wanted = { version, until: now() + newPolicyMs };
    },
    cut,
    /** `answers` has one for each reading of the request. Returns how the stream ends, if it does. */
    accept(stream: OpenStream, answers: readonly CheckAnswer[]): StreamEnd | undefined {
      stream.uncheckedSince = undefined;
      const end = endAfterRecheck(answers, stream.exchange.answer) ?? endOfUnrecorded(answers, stream);
      if (end) {
        cut(stream, end);
        return end;
      }
      stream.elevations = elevationsOf(answers);
      stream.dueAt = Math.min(now() + settings.recheck, ...answers.map(sessionEndOf), firstEndOf(stream.elevations));
      if (wanted && now() < wanted.until && answers.some(({ decision }) => decision.policyVersion !== wanted?.version))
        stream.dueAt = now() + tickMs;
      return undefined;
    },
    /** Authorize, or the cluster, could not be asked about it. */
    miss(stream: OpenStream) {
      stream.uncheckedSince ??= now();
      stream.dueAt = Math.min(now() + retryMs, Math.max(now() + tickMs, firstEndOf(stream.elevations)));
      // The end of an elevation is known. There is no grace period for what authorize would surely refuse.
      if (now() >= firstEndOf(stream.elevations)) return cut(stream, elevationExpired(stream));
      if (now() - stream.uncheckedSince < settings.grace) return;
      cut(stream, {
        reason: 'authorize-unavailable',
        code: 'authorize-unavailable',
        detail: 'The gateway could not check for too long whether this is still allowed, so it ended it.',
      });
    },
  };
}

/**
 * Creates the recheck. Every stream is rechecked every `recheck`, when its session ends, and on request. `grace` is how
 * long a stream goes on while authorize cannot be reached.
 */
export function createStreamRecheck(deps: StreamRecheckDeps) {
  const { registry, checks, now } = deps;
  const outcomes = createOutcomes(deps);
  let sampledAt = 0;
  /** Returns how the stream ends, if it does, and whether authorize could be asked. */
  const recheckOne = async (stream: OpenStream): Promise<{ asked: boolean; end?: StreamEnd | undefined }> => {
    stream.rechecking = true;
    try {
      const check = recheckOf(stream.exchange.check, stream.elevations);
      const answers = await checkReadings(checks, countsAsUse(stream.kind) ? check : { ...check, use: false });
      // Authorize answered, but the cluster did not say whether its RBAC still allows this.
      if (answers.some(({ problem }) => problem?.code === 'service-unavailable')) {
        outcomes.miss(stream);
        return { asked: true };
      }
      return { asked: true, end: outcomes.accept(stream, answers) };
    } catch {
      outcomes.miss(stream);
      return { asked: false };
    } finally {
      stream.rechecking = false;
    }
  };
  /** Rechecks all of these now. Never rejects. */
  const recheck = async (streams: Iterable<OpenStream>) => {
    await Promise.all(
      Array.from(streams)
        .filter((stream) => !stream.end)
        .map(recheckOne),
    );
  };
  const sample = async () => {
    sampledAt = now();
    const [first] = registry.all();
    // If authorize cannot be reached about one stream, the grace period of all begins now, not when each is due.
    if (first && !first.rechecking && !(await recheckOne(first)).asked)
      for (const stream of registry.all()) stream.dueAt = 0;
  };
  const timer = setInterval(() => {
    if (registry.size === 0) return;
    const at = now();
    const due = Array.from(registry.all()).filter(
      (stream) => !stream.rechecking && !stream.end && (stream.dueAt <= at || expiryOf(stream) <= at),
    );
    if (due.length > 0) void recheck(due);
    else if (at - sampledAt >= sampleMs) void sample();
  }, tickMs);
  timer.unref();
  return {
    recheck,
    /**
     * Ends the streams of a session that was revoked. What authorize says of the session in its answer about one of them
     * holds for the others. They are asked about one by one only if it does not say that the session has ended.
     */
    async sessionRevoked(streams: Iterable<OpenStream>): Promise<void> {
      const [first, ...others] = Array.from(streams).filter((stream) => !stream.end);
      if (!first) return;
      const { end } = await recheckOne(first);
      if (end?.reason !== 'session-ended') return void recheck(others);
      for (const stream of others) outcomes.cut(stream, end);
    },
    /** Another policy is in force somewhere. Rechecks all streams until the answers come from it. */
    policyChanged(version: string): void {
      outcomes.want(version);
      void recheck(registry.all());
    },
    close: () => clearInterval(timer),
  };
}
