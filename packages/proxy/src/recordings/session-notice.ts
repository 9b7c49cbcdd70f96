import type { PayloadSink, StreamObserver } from '@sallyport/kubernetes';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import type { HeldOutput } from './held-output.ts';

/** What the notice of one session goes through. `take` takes bytes of the server, and returns what may be passed on. */
type NoticeWay = {
  observer: StreamObserver;
  sink: PayloadSink;
  take(chunk: Buffer): Buffer;
  out: HeldOutput;
};

/**
 * Creates what tells the person in one line that the session is recorded, as soon as the protocol has a place for it. It
 * takes as many of the server's bytes as must come before the line, and returns the rest of them.
 */
export function createNotice(
  { asked }: Pick<Allowed<ClusterExchange>, 'asked'>,
  id: string,
): (bytes: Buffer, way: NoticeWay) => Buffer {
  // A terminal has no stderr.
  const isTerminal = (asked.exec ?? asked.kubelet?.exec)?.tty === true;
  const channel = isTerminal ? 'stdout' : 'stderr';
  const line = Buffer.from(`This session is recorded (recording ${id.slice(0, 8)}).${isTerminal ? '\r\n' : '\n'}`);
  let isOver = false;
  return (bytes, { observer, sink, take, out }) => {
    let rest = bytes;
    while (!isOver) {
      const place = observer.insert(channel, line);
      if (place?.ready === false) {
        if (rest.length === 0) return rest;
        out.write(take(rest.subarray(0, place.remaining)));
        rest = rest.subarray(place.remaining);
        continue;
      }
      isOver = true;
      if (!place) break;
      sink.data(channel, line);
      out.write(place.bytes);
    }
    return rest;
  };
}
