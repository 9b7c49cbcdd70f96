import { expect, it } from '@jest/globals';
import { createListeners, createLogger, type ServiceRequest } from '@sallyport/kit';
import type { OpenStream } from '../exchange/exchange.ts';
import { announceStreams } from './announce-streams.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
const streamOf = (subject: string) =>
  ({ exchange: { answer: { identity: { issuer: 'i', subject } } } }) as unknown as OpenStream;

it('announces the users whose streams began or ended together, none if there are many, and nothing if nothing happened', async () => {
  const changed = createListeners<OpenStream>();
  const asked: ServiceRequest[] = [];
  let heard = () => {};
  const authorize = {
    request: async (request: ServiceRequest) => {
      asked.push(request);
      heard();
      if (asked.length === 1) throw new Error('down');
      return { status: 204, headers: {}, body: undefined };
    },
  };
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const stop = announceStreams({ registry: { onChange: changed.add }, authorize, logger, paceMs: 20 });
  for (const subject of ['alice', 'bob', 'alice']) changed.tell(streamOf(subject));
  await next();
  for (let index = 0; index < 150; index += 1) changed.tell(streamOf(String(index)));
  await next();
  stop();
  changed.tell(streamOf('late'));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(asked.map(({ path, body }) => [path, body])).toEqual([
    ['/v1/streams/changed', { owners: ['alice', 'bob'].map((subject) => ({ issuer: 'i', subject })) }],
    ['/v1/streams/changed', {}],
  ]);
});
