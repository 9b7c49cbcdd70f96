import {
  StreamFault,
  type ObservedProtocol,
  type ObservedSide,
  type PayloadSink,
  type StreamObserver,
} from './observer/stream-observer.ts';
import { createSpdyObserver } from './spdy/spdy-session.ts';
import { createChannelObserver } from './websocket/channel-observer.ts';
import { createTunnelObserver } from './websocket/tunnel-observer.ts';

export type ObservedStream = {
  kind: 'exec' | 'attach' | 'portforward';
  protocol: 'websocket' | 'spdy';
  /** `Sec-WebSocket-Protocol` or `X-Stream-Protocol-Version` of the server's 101; empty if there is none. */
  subprotocol: string;
};

// From version 4 on, a remote command ends with a Status on its error channel.
const withStatus: ReadonlySet<string> = new Set(['v4.channel.k8s.io', 'v5.channel.k8s.io']);
const withoutStatus: ReadonlySet<string> = new Set(['channel.k8s.io', 'v2.channel.k8s.io', 'v3.channel.k8s.io', '']);

function protocolOf(
  { kind, protocol, subprotocol }: ObservedStream,
  sink: PayloadSink | undefined,
): ObservedProtocol | undefined {
  if (kind === 'portforward') {
    if (protocol === 'websocket')
      return subprotocol === 'SPDY/3.1+portforward.k8s.io' ? createTunnelObserver() : undefined;
    return subprotocol === 'portforward.k8s.io' || subprotocol === ''
      ? createSpdyObserver({ kind, statusOnError: false })
      : undefined;
  }
  const statusOnError = withStatus.has(subprotocol);
  if (protocol === 'websocket')
    return statusOnError ? createChannelObserver({ canClose: subprotocol === 'v5.channel.k8s.io', sink }) : undefined;
  return statusOnError || withoutStatus.has(subprotocol)
    ? createSpdyObserver({ kind: 'exec', statusOnError, sink })
    : undefined;
}

/**
 * Creates the observer of an exec, attach or port-forward. The state is `unsupported` for protocols that are not read: the
 * base64 variants, WebSocket protocols before version 4, and port-forward over WebSocket channels. A sink is given the
 * payload of an exec or attach.
 */
export function createStreamObserver(about: ObservedStream, sink?: PayloadSink): StreamObserver {
  const watched = protocolOf(about, sink);
  return watched === undefined ? unsupported(about) : watch(watched);
}

function unsupported({ kind, protocol, subprotocol }: ObservedStream): StreamObserver {
  const name = /^[\w.+/-]{1,64}$/.test(subprotocol) ? subprotocol : 'an unnamed subprotocol';
  return {
    fromClient: () => {},
    fromServer: () => {},
    summary: () => ({ channels: {} }),
    endWith: () => undefined,
    insert: () => undefined,
    sinceBoundary: 0,
    state: 'unsupported',
    reason: `${kind} over ${protocol} with ${name} is not read`,
  };
}

function watch(watched: ObservedProtocol): StreamObserver {
  const fed = { client: 0, server: 0 };
  const unreadable = { client: false, server: false };
  let reason: string | undefined;
  const feed = (side: ObservedSide, bytes: Uint8Array): void => {
    // If one side becomes unreadable, the other is still read: ending the stream needs the frame boundaries of the
    // server.
    if (unreadable[side]) return;
    try {
      watched.feed(side, bytes);
    } catch (error) {
      unreadable[side] = true;
      reason ??= `${error instanceof StreamFault ? error.message : 'the observer failed'} (from the ${side}, in its bytes ${fed[side]} to ${fed[side] + bytes.length})`;
    }
    fed[side] += bytes.length;
  };
  return {
    fromClient: (bytes) => feed('client', bytes),
    fromServer: (bytes) => feed('server', bytes),
    summary: () => watched.summary(),
    endWith: (status) => (unreadable.server ? undefined : watched.endWith(status)),
    insert: (channel, data) => (unreadable.server ? undefined : watched.insert?.(channel, data)),
    get sinceBoundary() {
      return watched.sinceBoundary ?? 0;
    },
    get state() {
      return reason === undefined ? 'ok' : 'unparsable';
    },
    get reason() {
      return reason;
    },
  };
}
