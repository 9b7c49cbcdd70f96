import { describe, expect, it } from '@jest/globals';
import { createStatus } from '../status/status.ts';
import { createStreamObserver, type ObservedStream } from './create-stream-observer.ts';

const state = (kind: ObservedStream['kind'], protocol: ObservedStream['protocol'], subprotocol: string): string =>
  createStreamObserver({ kind, protocol, subprotocol }).state;

describe('the observed protocols', () => {
  it.each([
    ['exec', 'websocket', 'v5.channel.k8s.io'],
    ['attach', 'websocket', 'v4.channel.k8s.io'],
    ['exec', 'spdy', 'v5.channel.k8s.io'],
    ['attach', 'spdy', 'v4.channel.k8s.io'],
    ['exec', 'spdy', 'v3.channel.k8s.io'],
    ['exec', 'spdy', ''],
    ['portforward', 'websocket', 'SPDY/3.1+portforward.k8s.io'],
    ['portforward', 'spdy', 'portforward.k8s.io'],
  ] as const)('include %s over %s with %s', (kind, protocol, subprotocol) => {
    expect(state(kind, protocol, subprotocol)).toBe('ok');
  });

  it.each([
    ['exec', 'websocket', ''],
    ['exec', 'websocket', 'channel.k8s.io'],
    ['exec', 'websocket', 'base64.channel.k8s.io'],
    ['exec', 'websocket', 'v4.base64.channel.k8s.io'],
    ['exec', 'websocket', 'v6.channel.k8s.io'],
    ['exec', 'spdy', 'v6.channel.k8s.io'],
    ['exec', 'websocket', 'SPDY/3.1+portforward.k8s.io'],
    ['portforward', 'websocket', 'v4.channel.k8s.io'],
    ['portforward', 'websocket', 'v5.channel.k8s.io'],
    ['portforward', 'spdy', 'v4.channel.k8s.io'],
  ] as const)('do not include %s over %s with %s', (kind, protocol, subprotocol) => {
    const observer = createStreamObserver({ kind, protocol, subprotocol });
    observer.fromClient(Buffer.from('x'));
    observer.fromServer(Buffer.from('x'));
    expect([observer.state, observer.summary(), observer.endWith(createStatus({ code: 403 }))]).toEqual([
      'unsupported',
      { channels: {} },
      undefined,
    ]);
    expect(observer.reason).toContain(`${kind} over ${protocol}`);
  });

  it('put a subprotocol into the reason only if it is a valid name', () => {
    expect(createStreamObserver({ kind: 'exec', protocol: 'websocket', subprotocol: '\u001b[31m<x>' }).reason).toBe(
      'exec over websocket with an unnamed subprotocol is not read',
    );
  });
});
