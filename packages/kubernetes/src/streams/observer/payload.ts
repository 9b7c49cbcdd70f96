import type { ByteView } from './byte-view.ts';
import { createResizeReader } from './resize-reader.ts';
import { StreamFault, type ObservedSide, type PayloadSink, type StreamChannel } from './stream-observer.ts';

/** Passes the payload of an exec or attach on to its sink. */
export type Payload = { pass(side: ObservedSide, channel: StreamChannel, view: ByteView): void };

/** Creates what passes payload on: data as it is, and the sizes of the terminal once they are whole. */
export function createPayload(sink: PayloadSink): Payload {
  const sizes = createResizeReader((columns, rows) => sink.resize(columns, rows));
  return {
    pass(side, channel, view) {
      if (view.length === 0) return;
      if (side === 'server') {
        if (channel !== 'stdout' && channel !== 'stderr' && channel !== 'error')
          throw new StreamFault('data of the server on a channel of the client');
        sink.data(channel, view.bytes());
      } else if (channel === 'resize') sizes.push(view);
      // Servers ignore what a client sends on any other channel.
      else if (channel === 'stdin' && sink.input) sink.data(channel, view.bytes());
    },
  };
}
