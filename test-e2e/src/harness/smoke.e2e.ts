import { afterAll, describe, expect, it } from '@jest/globals';
import { describeWith, realClusterAccess, startGate, startRecordingUpstream, rawExchange, theBed, type Gate } from './index.ts';

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'smoke', () => {
  it('goes', async () => {
    const upstream = await startRecordingUpstream();
    console.time('gate');
    const gate: Gate = await startGate({ mode: 'processes', clusters: [await realClusterAccess().then((a) => ({ name: 'dev', ...a })), { name: 'rec', ...upstream.access }] });
    console.timeEnd('gate');
    try {
      const alice = await gate.person('alice@example.com');
      console.log(await alice.kubectl(['auth', 'whoami']));
      const { token } = await gate.login('alice@example.com');
      console.log((await gate.request('/clusters/rec/api/v1/pods', { token })).text, upstream.requests[0]!.rawHeaders, upstream.connections[0]!.bytes().toString());
      console.log((await rawExchange(gate.url, gate.caPem, 'GET /clusters/rec/api HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')).text);
      console.log((await gate.audit.await({ user: 'alice@example.com', stage: 'ResponseComplete' })).length);
      expect(1).toBe(1);
    } finally {
      await gate.stop();
      await upstream.stop();
    }
  }, 60000);
});
