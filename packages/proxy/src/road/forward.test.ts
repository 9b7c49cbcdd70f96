import { ServerResponse, type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { Http1Flow, Http1Handler, Http1Request } from '@sallyport/http1';
import type { Allowed, ClusterExchange, StreamEnd } from '../exchange/exchange.ts';
import { createForward } from './forward.ts';

const end: StreamEnd = { reason: 'session-ended', code: 'unauthenticated', detail: 'This session was ended.' };

/** Sends a request to a cluster whose connection is still being opened. */
function send(): {
  handlers: Http1Handler[];
  fresh: boolean[];
  failed: unknown[];
  refuse(): void;
  flow: Http1Flow & { aborted: boolean };
} {
  const handlers: Http1Handler[] = [];
  const fresh: boolean[] = [];
  const failed: unknown[] = [];
  let refuse: ((end: StreamEnd) => void) | undefined;
  const socket = { destroyed: false, writableEnded: false };
  const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {}, socket } as IncomingMessage;
  const exchange = {
    request,
    response: new ServerResponse(request),
    headers: {},
    upstreamHeaders: [],
    kind: 'cluster',
    asked: { longRunning: false },
    answer: {},
    rawTarget: '/',
    upstream: {
      basePath: '',
      dispatch(request: Http1Request, handler: Http1Handler) {
        handlers.push(handler);
        fresh.push(request.fresh === true);
      },
    },
  } as unknown as Allowed<ClusterExchange>;
  const forward = createForward({
    firstByte: 1000,
    openBody: () => undefined,
    trail: { begun() {}, closed() {}, written: undefined },
    lifecycle: {
      sent: (_exchange, by) => {
        refuse = by;
      },
      answered: () => {},
    },
    fail: (_exchange, error) => void failed.push(error),
  });
  void forward(exchange);
  const flow = {
    aborted: false,
    pause() {},
    resume() {},
    abort() {
      flow.aborted = true;
    },
  };
  return { handlers, fresh, failed, refuse: () => refuse!(end), flow };
}

describe('a request that is ended while its connection to the cluster is being opened', () => {
  it('is not sent to the cluster', () => {
    const { handlers, failed, refuse, flow } = send();
    refuse();
    handlers[0]!.onStart(flow);
    expect([flow.aborted, failed.map(String)]).toEqual([
      true,
      ['ProblemError: unauthenticated: This session was ended.'],
    ]);
  });

  it('is not sent again when that connection closes', () => {
    const { handlers, failed, refuse, flow } = send();
    handlers[0]!.onStart(flow);
    refuse();
    handlers[0]!.onError(new Error('gone'), true);
    expect([handlers.length, failed.length, flow.aborted]).toEqual([1, 1, true]);
  });

  it('is sent otherwise, and once more over a new connection if its own closes unanswered', () => {
    const { handlers, fresh, failed, flow } = send();
    handlers[0]!.onStart(flow);
    handlers[0]!.onError(new Error('gone'), true);
    expect([fresh, failed.length, flow.aborted]).toEqual([[false, true], 0, false]);
  });
});
