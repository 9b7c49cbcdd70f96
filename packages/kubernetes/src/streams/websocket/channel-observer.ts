import type { Status } from '../../status/status.ts';
import { channels, encodeChannel } from '../../websocket/remote-command.ts';
import { closeCodes, encodeClose, encodeFrame, opcodes } from '../../websocket/websocket-frame.ts';
import { ChannelCounts } from '../observer/channel-counts.ts';
import { ErrorChannel } from '../observer/error-channel.ts';
import { createPayload } from '../observer/payload.ts';
import type {
  Insertion,
  ObservedProtocol,
  PayloadSink,
  StreamEnding,
  StreamSummary,
} from '../observer/stream-observer.ts';
import { ChannelDirection, type ChannelSide } from './channel-direction.ts';

/** Creates the observer of exec and attach over WebSocket: `v4.channel.k8s.io` and `v5.channel.k8s.io`. */
export function createChannelObserver(options: {
  canClose: boolean;
  sink?: PayloadSink | undefined;
}): ObservedProtocol {
  const counts = new ChannelCounts();
  const errors = new ErrorChannel();
  let goodbye: StreamSummary['closed'];
  const closed = (by: ChannelSide, code: number | undefined): void => {
    goodbye ??= { by, ...(code !== undefined && { code }) };
  };
  const payload = options.sink && createPayload(options.sink);
  const shared = { counts, errors, payload, canClose: options.canClose, closed };
  const client = new ChannelDirection('client', shared);
  const server = new ChannelDirection('server', shared);
  return {
    feed: (side, bytes) => (side === 'client' ? client : server).scanner.feed(bytes),
    summary: () => ({
      channels: counts.summary(),
      ...errors.read(true),
      ...(goodbye !== undefined && { closed: goodbye }),
    }),
    endWith(status: Status): StreamEnding | undefined {
      if (server.scanner.stopped) return undefined;
      const remaining = server.scanner.untilBoundary;
      if (remaining > 0) return { ready: false, remaining };
      const carriesStatus = errors.isEmpty;
      const message = encodeFrame({
        opcode: opcodes.binary,
        payload: encodeChannel(channels.error, Buffer.from(JSON.stringify(status))),
      });
      // For any other code, kubectl reports a broken connection instead of the status.
      const close = encodeClose(closeCodes.normal);
      return { ready: true, bytes: carriesStatus ? Buffer.concat([message, close]) : close, carriesStatus };
    },
    get sinceBoundary() {
      return server.scanner.sinceBoundary;
    },
    insert(channel, data): Insertion | undefined {
      if (server.scanner.stopped) return undefined;
      const remaining = server.scanner.untilBoundary;
      if (remaining > 0) return { ready: false, remaining };
      return {
        ready: true,
        bytes: encodeFrame({ opcode: opcodes.binary, payload: encodeChannel(channels[channel], data) }),
      };
    },
  };
}
