import { Transform, type Readable, type TransformCallback } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import { type CheckClient, checkReadings } from '../authorize/check-client.ts';
import type { AllowedExchange } from '../exchange/exchange.ts';
import { endAfterRecheck, recheckOf } from '../streams/end-after-recheck.ts';

type OpenBodyDeps = { checks: CheckClient; changesReceived(): number };

/** For how long a decision applies to the parts of a body that arrive, in milliseconds. */
const freshMs = 1000;

/**
 * Asks authorize again about a request whose body takes time. Returns the refusal if the request is no longer allowed,
 * or if authorize cannot be reached.
 */
async function recheck(exchange: AllowedExchange, { checks }: OpenBodyDeps): Promise<Error | undefined> {
  try {
    const check = recheckOf(exchange.check, exchange.answer.elevations ?? []);
    const end = endAfterRecheck(await checkReadings(checks, check), exchange.answer);
    return end && new ProblemError(end.code, end.detail);
  } catch (error) {
    return error as Error;
  }
}

/**
 * Creates the stream that a body passes through. With `recheck`, no piece passes, nor does the end, unless the request
 * was checked within the last second and nothing has changed since. Holding back the end is not enough: a reader that
 * parses JSON, YAML or CBOR as it arrives acts as soon as a value is complete, and the rest is padding. With `count`,
 * the bytes are counted here.
 */
function createPassage(
  exchange: AllowedExchange,
  how: { recheck: boolean; count: boolean },
  deps: OpenBodyDeps,
): Transform {
  // Not the current time: since its check, the request may have waited long for the acknowledgement of its event.
  let checkedAt = exchange.startedAt;
  let { changesSeen } = exchange;
  const recheckThenPass = async (piece: Buffer | undefined, done: TransformCallback) => {
    const asked = performance.now();
    const changes = deps.changesReceived();
    const refusal = await recheck(exchange, deps);
    if (refusal) return done(refusal);
    checkedAt = asked;
    changesSeen = changes;
    done(undefined, piece);
  };
  const pass = (piece: Buffer | undefined, done: TransformCallback) => {
    if (!how.recheck || (performance.now() - checkedAt < freshMs && deps.changesReceived() === changesSeen))
      return done(undefined, piece);
    void recheckThenPass(piece, done);
  };
  const passage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (how.count) exchange.bytesIn += chunk.length;
      pass(chunk, done);
    },
    flush: (done) => pass(undefined, done),
  });
  passage.on('error', () => {}); // the sender gets the error as long as there is one
  exchange.request.on('error', (error) => passage.destroy(error));
  return passage;
}

/**
 * Creates the function that opens the body of a request for forwarding: a stream, an empty string for an empty body, or
 * undefined for no body.
 */
export function createOpenBody(deps: OpenBodyDeps): (exchange: AllowedExchange) => Readable | string | undefined {
  return (exchange) => {
    const { request, response, asked } = exchange;
    const { chunked, contentLength } = exchange.headers;
    if (!chunked && !((contentLength ?? 0) > 0)) return contentLength === undefined ? undefined : '';
    if (exchange.expectsContinue) response.writeContinue();
    // Proxied requests are rechecked as streams while they are open. A watch or a followed log has no body. If one has a
    // body all the same, by whatever method, it is rechecked like any other.
    const rechecked = !request.complete && asked.stream !== 'proxy';
    if (!chunked && !rechecked) return request;
    // Counts the bytes in a pipe. A `data` listener would make the body flow before anything forwards it.
    return request.pipe(createPassage(exchange, { recheck: rechecked, count: chunked }, deps));
  };
}
