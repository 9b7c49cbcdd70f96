import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { CheckClient } from './check-client.ts';
import type { Exchange } from './exchange.ts';
import { endOfAnswer } from './streams/end-of-answer.ts';

export type OpenBodyDeps = { checks: CheckClient; changesHeard(): number };

/** For how long the decision on a request's head holds for its body as well, in milliseconds. */
const freshMs = 1000;

const nothing = Buffer.alloc(0);

/** Asks again about a request whose body has taken its time; returns the refusal if it is no longer allowed, or nobody can be asked. */
async function judgeAgain(exchange: Exchange, { checks }: OpenBodyDeps): Promise<Error | undefined> {
  try {
    const end = endOfAnswer(await checks.check(exchange.check!), exchange.answer?.impersonation);
    return end && new ProblemError(end.code, end.detail);
  } catch (error) {
    return error as Error;
  }
}

/**
 * A body on its way. `hold`: its last byte waits until the request is judged again, if that was long ago or things have changed; whoever begins a write
 * and holds back its end must not finish it when their session or their right is gone. `count`: its length is found out here.
 */
function createPassage(exchange: Exchange, how: { hold: boolean; count: boolean }, deps: OpenBodyDeps): Transform {
  const judgedAt = performance.now();
  let held = nothing;
  const judge = async (done: TransformCallback) => {
    const refusal = await judgeAgain(exchange, deps);
    if (refusal) done(refusal);
    else done(undefined, held);
  };
  const passage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (how.count) exchange.bytesIn += chunk.length;
      if (!how.hold) return done(undefined, chunk);
      const all = Buffer.concat([held, chunk]);
      held = all.subarray(all.length - 1);
      done(undefined, all.subarray(0, all.length - 1));
    },
    flush(done) {
      if (!how.hold || (performance.now() - judgedAt < freshMs && deps.changesHeard() === exchange.changesSeen)) return done(undefined, held);
      void judge(done);
    },
  });
  passage.on('error', () => {}); // told to whoever sends it on, as long as somebody does
  exchange.request.on('error', (error) => passage.destroy(error));
  return passage;
}

/** Opens the body of a request for sending it on: a stream, the empty text for a body that is there and empty, undefined for none. */
export function createOpenBody(deps: OpenBodyDeps): (exchange: Exchange) => Readable | string | undefined {
  return (exchange) => {
    const { request, response, kube } = exchange;
    const { chunked, contentLength } = exchange.headers!;
    if (!chunked && !((contentLength ?? 0) > 0)) return contentLength === undefined ? undefined : '';
    if (exchange.expectsContinue) response.writeContinue();
    // What is proxied is judged while it is open, and its two sides may talk in turns, so nothing of it is held back. A watch or a followed log says nothing
    // after its head; what does, by whatever method, is held to its end like any other.
    const hold = !request.complete && kube!.stream !== 'proxy';
    if (!chunked && !hold) return request;
    // Through a passage and not by a listener: that would set the body flowing before anybody sends it on.
    return request.pipe(createPassage(exchange, { hold, count: chunked }, deps));
  };
}
