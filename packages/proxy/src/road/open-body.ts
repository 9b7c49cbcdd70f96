import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { CheckClient } from '../authorize/check-client.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { endOfAnswer } from '../streams/end-of-answer.ts';

export type OpenBodyDeps = { checks: CheckClient; changesHeard(): number };

/** For how long a decision holds for what comes of a body, in milliseconds. */
const freshMs = 1000;

/**
 * Asks again about a request whose body has taken its time; returns the refusal if it is no longer allowed, or nobody
 * can be asked.
 */
async function judgeAgain(exchange: Exchange, { checks }: OpenBodyDeps): Promise<Error | undefined> {
  try {
    const end = endOfAnswer(await checks.check(exchange.check!), exchange.answer?.impersonation);
    return end && new ProblemError(end.code, end.detail);
  } catch (error) {
    return error as Error;
  }
}

/**
 * A body on its way. `judged`: no piece of it goes on, nor its end, unless the request was judged within the last
 * second and nothing has changed since. It is not enough to hold back the end: a reader that takes JSON, YAML or CBOR
 * as it comes acts as soon as a value is whole, and what follows is padding. `count`: its length is found out here.
 */
function createPassage(exchange: Exchange, how: { judged: boolean; count: boolean }, deps: OpenBodyDeps): Transform {
  // Not from now on: it may have waited long for the acknowledgement of its event since it was judged.
  let judgedAt = exchange.startedAt;
  let { changesSeen } = exchange;
  const judge = async (piece: Buffer | undefined, done: TransformCallback) => {
    const [asked, changes] = [performance.now(), deps.changesHeard()];
    const refusal = await judgeAgain(exchange, deps);
    if (refusal) return done(refusal);
    [judgedAt, changesSeen] = [asked, changes];
    done(undefined, piece);
  };
  const pass = (piece: Buffer | undefined, done: TransformCallback) => {
    if (!how.judged || (performance.now() - judgedAt < freshMs && deps.changesHeard() === changesSeen))
      return done(undefined, piece);
    void judge(piece, done);
  };
  const passage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (how.count) exchange.bytesIn += chunk.length;
      pass(chunk, done);
    },
    flush: (done) => pass(undefined, done),
  });
  passage.on('error', () => {}); // told to whoever sends it on, as long as somebody does
  exchange.request.on('error', (error) => passage.destroy(error));
  return passage;
}

/**
 * Opens the body of a request for sending it on: a stream, the empty text for a body that is there and empty, undefined
 * for none.
 */
export function createOpenBody(deps: OpenBodyDeps): (exchange: Exchange) => Readable | string | undefined {
  return (exchange) => {
    const { request, response, kube } = exchange;
    const { chunked, contentLength } = exchange.headers!;
    if (!chunked && !((contentLength ?? 0) > 0)) return contentLength === undefined ? undefined : '';
    if (exchange.expectsContinue) response.writeContinue();
    // What is proxied is judged while it is open. A watch or a followed log says nothing after its head; what does, by
    // whatever method, is judged like any other.
    const judged = !request.complete && kube!.stream !== 'proxy';
    if (!chunked && !judged) return request;
    // Through a passage and not by a listener: that would set the body flowing before anybody sends it on.
    return request.pipe(createPassage(exchange, { judged, count: chunked }, deps));
  };
}
