import { describe, expect, it } from '@jest/globals';
import { writeHead, writeWindow } from '@sallyport/http2/testing';
import { eventually, memoryInUse } from '../../harness/index.ts';
import { connectHttp2, expectServed, fieldsOf, http2Fixture, outcomeOf, pods } from '../fixtures/http2-fixture.ts';

const mebibyte = 1024 * 1024;
const initialWindow = 4;

/** Makes the cluster answer with a mebibyte, as fast as it is taken. */
function answerMuch(): void {
  const part = Buffer.alloc(65_536, 'x');
  http2Fixture().dev.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let left = 16;
    const more = () => {
      while (left > 0) {
        left -= 1;
        if (!response.write(part)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
}

export function attackWindows(): void {
  describe('S96: a client that lets no data through', () => {
    it.each([
      ['with windows of 0', 0],
      ['with windows of one byte', 1],
    ])('%s on 100 streams holds little memory, and no other client', async (_what, size) => {
      answerMuch();
      const connection = await connectHttp2({ settings: [[initialWindow, size]] });
      const before = memoryInUse();
      const streams = Array.from({ length: 100 }, (_none, number) => 2 * number + 1);
      connection.send(...streams.map((stream) => writeHead(stream, fieldsOf())));
      // Node.js may refuse some, above the memory that a connection may have.
      const isBegun = (stream: number) => {
        const { heads, reset } = connection.answer(stream);
        return heads.length > 0 || reset !== undefined || connection.closed;
      };
      await eventually('an answer to each request', () => streams.every(isBegun));
      await expectServed();
      // 100 MiB are on their way. The cluster has to wait with most of them.
      expect(memoryInUse() - before).toBeLessThan(80 * mebibyte);
      connection.socket.destroy();
      await eventually(
        'the end upstream',
        () => http2Fixture().dev.connections.filter((one) => !one.closed).length <= 10,
      );
    });

    it('on one stream does not stop another of the same connection', async () => {
      answerMuch();
      const connection = await connectHttp2({ settings: [[initialWindow, 0]], isSilent: true });
      connection.send(writeHead(1, fieldsOf()));
      await eventually('the head', () => connection.answer(1).heads.length > 0);
      http2Fixture().dev.answer(undefined);
      connection.send(writeHead(3, fieldsOf({ path: `${pods}/other` })), writeWindow(3, 65_535));
      expect(await outcomeOf(connection, 3)).toMatchObject({ status: 200 });
      expect(connection.answer(1).data).toEqual([]);
    });
  });
}

export function attackDisconnects(): void {
  describe('S100: a client that disconnects', () => {
    // A reset that arrives at the moment of a write is the one that Node.js does not report.
    it('in the middle of a response leaves nothing open at the cluster, whatever the moment', async () => {
      const part = Buffer.alloc(65_536, 'x');
      http2Fixture().dev.answer((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        const more = () => {
          while (!response.destroyed && response.write(part));
        };
        response.on('drain', more);
        more();
      });
      for (let moment = 0; moment < 100; moment += 1) {
        const connection = await connectHttp2();
        connection.send(writeHead(1, fieldsOf({ path: `${pods}/web/log?follow=true` })));
        await eventually('a response', () => connection.answer(1).data.length > moment % 20);
        connection.socket.destroy();
      }
      await eventually('the end upstream', () => http2Fixture().dev.connections.every(({ closed }) => closed), 15_000);
    });
  });
}
