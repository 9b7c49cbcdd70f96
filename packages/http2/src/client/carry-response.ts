import { constants, type ClientHttp2Stream } from 'node:http2';
import { Http1Error, type Http1Flow, type Http1Handler } from '@sallyport/http1';
import { onPeerEnd } from '../shared/on-peer-end.ts';

type Fields = readonly string[];

/** Returns the status, and the other fields in turn. */
function readHead(fields: Fields): { status: number; lines: string[]; length: number | undefined } {
  let [status, length]: [number, number | undefined] = [0, undefined];
  const lines: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const [name, value] = [fields[index]!, fields[index + 1]!];
    if (name === ':status') status = Number(value);
    else lines.push(name, value);
    if (name === 'content-length') length = Number(value);
  }
  return { status, lines, length };
}

type CarryDeps = {
  handler: Http1Handler;
  /** Whether the server has said that it did not process the request. */
  isRefused(): boolean;
  /** Whether the connection was lost, so that the end of a body may not be its end. */
  isLost(): boolean;
  /** Whether a request may be sent again whose connection was lost before the response began. */
  mayRepeat(): boolean;
  onAnswered(): void;
};

/**
 * Passes the response of a stream to a handler, and returns what controls it.
 *
 * Node.js ends a stream that was reset, or that lost its connection, like a complete one. Here a body counts as complete
 * only if the server has ended the stream without an error code, and if as many bytes have arrived as it announced.
 */
export function carryResponse(stream: ClientHttp2Stream, { handler, ...deps }: CarryDeps): Http1Flow {
  let isOver = false;
  let hasHead = false;
  let hasEnded = false;
  let missing: number | undefined;
  let cause: Error | undefined;
  let trailers: Fields = [];
  const isWhole = () =>
    hasEnded &&
    stream.rstCode === constants.NGHTTP2_NO_ERROR &&
    cause === undefined &&
    !deps.isLost() &&
    (missing === undefined || missing === 0);
  const abort = () => {
    isOver = true;
    stream.close(constants.NGHTTP2_CANCEL);
  };
  /** What the handler throws ends this stream only. */
  const pass = (act: () => void) => {
    if (isOver) return;
    try {
      act();
    } catch (error) {
      abort();
      handler.onError(error as Error, false);
    }
  };
  const onData = (chunk: Buffer) => {
    if (missing !== undefined) missing -= chunk.length;
    pass(() => handler.onData(chunk));
  };
  // The types of Node.js leave out the third argument, which has each field as it was received.
  const on = stream.on.bind(stream) as (
    event: string,
    listener: (headers: object, flags: number, raw: Fields) => void,
  ) => void;
  on('response', (_headers, _flags, raw) => {
    if (isOver) return;
    const { status, lines, length } = readHead(raw);
    hasHead = true;
    missing = length;
    deps.onAnswered();
    pass(() => handler.onHead(status, lines));
    // Not earlier: Node.js passes on data at once, and the head that came with it a moment later.
    stream.on('data', onData);
  });
  on('trailers', (_headers, _flags, raw) => {
    trailers = raw;
  });
  onPeerEnd(stream, () => {
    hasEnded = true;
  });
  stream.on('error', (error) => {
    cause = error;
  });
  stream.on('close', () => {
    if (isOver) return;
    isOver = true;
    if (hasHead && isWhole()) return handler.onEnd(trailers);
    if (!hasHead && deps.isRefused())
      return handler.onError(new Http1Error('REFUSED', 'the server did not process the request'), true);
    handler.onError(
      new Http1Error('CLOSED', 'the stream was closed before the response was complete'),
      !hasHead && deps.isLost() && deps.mayRepeat(),
    );
  });
  return {
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    abort,
  };
}
