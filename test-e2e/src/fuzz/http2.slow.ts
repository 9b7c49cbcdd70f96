import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGateway, startRecordingUpstream, type Gateway, type RecordingUpstream } from '../harness/index.ts';
import { fuzzHttp2 } from './fuzz-http2.ts';

let upstream: RecordingUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGateway({ mode: 'embedded', http2: true, clusters: [upstream.access] });
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

it('the gateway survives any request over HTTP/2, and executes only what was judged', async () => {
  const { token } = await gateway.login('alice@example.com');
  await fuzzHttp2(
    { gateway, requests: upstream.requests, token },
    Number(process.env['SALLYPORT_FUZZ_CASES'] ?? 100_000),
  );
  expect((await gateway.request('/clusters/dev/api/v1/pods', { token })).status).toBe(200);
}, 3_600_000);
