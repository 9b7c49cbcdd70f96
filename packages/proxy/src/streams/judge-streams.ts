import type { CheckAnswer, Config } from '@sallyport/contracts';
import { createTimeSlicer } from '@sallyport/kit';
import type { CheckClient } from '../authorize/check-client.ts';
import { endOfAnswer } from './end-of-answer.ts';
import { countsAsUse, type OpenStream, type StreamEnd } from './open-stream.ts';
import type { StreamRegistry } from './stream-registry.ts';

/** Asks authorize again about open streams, and ends those whose answer is no longer allow. */
export type JudgeStreams = {
  /** Asks about all of these now. Never rejects. */
  judge(streams: Iterable<OpenStream>): Promise<void>;
  /** Another policy is in force somewhere: asks about all until the answers come from it. */
  policyChanged(version: string): void;
  close(): void;
};

export type JudgeStreamsDeps = {
  registry: StreamRegistry;
  checks: CheckClient;
  settings: Pick<Config['streams'], 'recheck' | 'grace'>;
  now: () => number;
};

const tickMs = 250;
/** What ending streams may take of one turn of the event loop, in milliseconds. */
const sliceMs = 10;
/** How often one stream stands for all, to find out early that nobody can be asked. */
const sampleMs = 2000;
const retryMs = 1000;
/** How long the answers of replicas that do not yet know a policy are asked for again, in milliseconds. */
const newPolicyMs = 10_000;

/** When a session that nobody uses any more ends, or any at its latest; Infinity if the answer does not say. */
const endsAt = ({ session }: CheckAnswer) => Math.min(session?.expiresAt ?? Infinity, session?.idleEndsAt ?? Infinity);

/**
 * Creates the judge: every stream is asked about every `recheck`, at the end of its session, and whenever told to;
 * `grace` is for how long a stream goes on when nobody can be asked.
 */
export function createJudgeStreams({ registry, checks, settings, now }: JudgeStreamsDeps): JudgeStreams {
  let wanted: { version: string; until: number } | undefined;
  let sampledAt = 0;
  const slicer = createTimeSlicer(sliceMs);
  const cut = (stream: OpenStream, end: StreamEnd) => slicer.run(() => registry.cut(stream, end));
  const accept = (stream: OpenStream, answer: CheckAnswer) => {
    stream.unjudgedSince = undefined;
    const end = endOfAnswer(answer, stream.exchange.answer?.impersonation);
    if (end) return cut(stream, end);
    stream.dueAt = Math.min(now() + settings.recheck, endsAt(answer));
    if (wanted && now() < wanted.until && answer.decision.policyVersion !== wanted.version)
      stream.dueAt = now() + tickMs;
  };
  const miss = (stream: OpenStream) => {
    stream.unjudgedSince ??= now();
    stream.dueAt = now() + retryMs;
    if (now() - stream.unjudgedSince < settings.grace) return false;
    cut(stream, {
      reason: 'unjudged',
      code: 'authorize-unavailable',
      detail: 'Nobody could say for too long whether this is still allowed, so it was ended.',
    });
    return true;
  };
  const ask = async (stream: OpenStream) => {
    stream.judging = true;
    try {
      accept(
        stream,
        await checks.check({ ...stream.exchange.check!, ...(countsAsUse(stream.kind) ? {} : { use: false }) }),
      );
      return true;
    } catch {
      miss(stream);
      return false;
    } finally {
      stream.judging = false;
    }
  };
  const judge = async (streams: Iterable<OpenStream>) => {
    await Promise.all(
      Array.from(streams)
        .filter((stream) => !stream.end)
        .map(ask),
    );
  };
  const sample = async () => {
    sampledAt = now();
    const [first] = registry.all();
    // One that cannot be judged stands for all: their grace begins now, not when their own turn comes.
    if (first && !first.judging && !(await ask(first))) for (const stream of registry.all()) stream.dueAt = 0;
  };
  const timer = setInterval(() => {
    if (registry.size === 0) return;
    const at = now();
    const due = Array.from(registry.all()).filter(
      (stream) => !stream.judging && !stream.end && (stream.dueAt <= at || endedAt(stream) <= at),
    );
    if (due.length > 0) void judge(due);
    else if (at - sampledAt >= sampleMs) void sample();
  }, tickMs);
  timer.unref();
  return {
    judge,
    policyChanged(version) {
      wanted = { version, until: now() + newPolicyMs };
      void judge(registry.all());
    },
    close: () => clearInterval(timer),
  };
}

function endedAt({ exchange, unjudgedSince }: OpenStream): number {
  return unjudgedSince === undefined ? (exchange.answer?.session?.expiresAt ?? Infinity) : Infinity;
}
