import { ServerResponse, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import type { AllowedExchange, StreamEnd } from '../exchange/exchange.ts';
import { cutResponse, createEndResponse } from './end-response.ts';

const end: StreamEnd = { reason: 'session-ended', code: 'unauthenticated', detail: 'This session was ended.' };

/** Creates a response whose client reads the first bytes (or all), and nothing after that. */
function answering(stream: string, takesAll: boolean): { exchange: AllowedExchange; taken(): string } {
  let taken = '';
  const socket = new Duplex({
    highWaterMark: 1024 * 1024,
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const first = taken === '';
      taken += chunk.toString('latin1');
      if (first || takesAll) setImmediate(done);
    },
  });
  const response = new ServerResponse({
    method: 'GET',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers: {},
  } as IncomingMessage);
  response.assignSocket(socket as never);
  return {
    exchange: {
      response,
      connection: socket,
      asked: { stream },
      statusCode: 200,
      bytesOut: 0,
    } as unknown as AllowedExchange,
    taken: () => taken,
  };
}

describe.each(['watch', 'log', 'proxy'])('a response (%s) that is complete at the gateway', (stream) => {
  it('is cut when it must end, if its client has not read it', async () => {
    const { exchange } = answering(stream, false);
    const { response } = exchange;
    const ending = createEndResponse(exchange, []);
    response.writeHead(200).flushHeaders();
    response.write(ending.pass(Buffer.from('{"type":"BOOKMARK"}\n'))!);
    response.end('{"type":"BOOKMARK"}\n');
    let stopped = false;
    ending.cut(end, () => {
      stopped = true;
    });
    await until(() => exchange.connection.destroyed);
    expect([exchange.connection.destroyed, response.destroyed, stopped]).toEqual([true, true, false]);
  });

  it('is left alone if its client has read it, like its connection', async () => {
    const { exchange, taken } = answering(stream, true);
    const { response } = exchange;
    const ending = createEndResponse(exchange, []);
    response.writeHead(200);
    response.end('{"type":"BOOKMARK"}\n');
    await pause(10);
    ending.cut(end, () => {});
    cutResponse(exchange);
    await pause(700);
    expect(exchange.connection.destroyed).toBe(false);
    expect(taken()).toMatch(/BOOKMARK/);
  });
});

describe('a response that has begun', () => {
  it('tells its client why it ends, even if the process got no processor meanwhile', async () => {
    const { exchange, taken } = answering('watch', true);
    const ending = createEndResponse(exchange, ['Content-Type', 'application/json']);
    exchange.response.writeHead(200, ['Content-Type', 'application/json']);
    exchange.response.write(ending.pass(Buffer.from('{"type":"BOOKMARK"}\n'))!);
    await Promise.resolve();
    ending.cut(end, () => {});
    for (const late = performance.now() + 700; performance.now() < late;);
    await until(() => exchange.response.writableFinished || exchange.response.destroyed);
    expect(taken()).toMatch(/"type":"ERROR".*This session was ended/);
    expect(taken().endsWith('\r\n0\r\n\r\n')).toBe(true);
  });

  it.each([
    ['proxy', [], true],
    ['log', ['Content-Length', '100'], true],
    ['log', [], false],
  ] as const)('(%s, %j) does not look complete unless its end has no meaning', async (stream, lines, cut) => {
    const { exchange, taken } = answering(stream, true);
    const ending = createEndResponse(exchange, lines);
    exchange.response.writeHead(200, [...lines]);
    exchange.response.write(ending.pass(Buffer.from('some'))!);
    await pause(10);
    ending.cut(end, () => {});
    await pause(10);
    expect([exchange.connection.destroyed, taken().endsWith('\r\n0\r\n\r\n')]).toEqual([cut, !cut]);
  });
});
