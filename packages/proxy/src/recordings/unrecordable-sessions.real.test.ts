import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { fromServer } from '@sallyport/kubernetes/testing';
import { RecordingUnavailable } from '@sallyport/recordings';
import {
  execPath,
  nodePath,
  podPath,
  spdy,
  startRecordedRig,
  webSocket,
  type RecordedRig,
} from '../testing/recorded-exec.ts';

let recorded: RecordedRig;
const start = async (options?: Parameters<typeof startRecordedRig>[0]) => {
  recorded = await startRecordedRig(options);
  return recorded;
};
afterEach(() => recorded.rig.close());

describe('what must be recorded and cannot be', () => {
  it.each([
    ['run of a kubelet', 'POST', `${nodePath}/run/dev/web/c?cmd=id`, ['Content-Length: 0']],
    ['exec of a kubelet as a plain request', 'POST', `${nodePath}/exec/dev/web/c?command=id`, ['Content-Length: 0']],
    ['another port of a node', 'GET', `${nodePath.replace('n1', 'n1:8080')}/exec/dev/web/c?command=id`, webSocket()],
    ['one with its colon encoded', 'GET', `${nodePath.replace('n1', 'n1%3A8080')}/exec/dev/web/c`, webSocket()],
    ['an address of a node that no one knows', 'GET', `${nodePath}/cri/exec/token`, webSocket()],
    ['a proxied pod', 'GET', `${podPath}/proxy/shell`, webSocket()],
    ['a proxied Service', 'GET', '/clusters/dev/api/v1/namespaces/dev/services/web/proxy/', ['Content-Length: 0']],
    ['the old proxy', 'GET', '/clusters/dev/api/v1/proxy/nodes/n1/run/dev/web/c', ['Content-Length: 0']],
    [
      'an ephemeral container',
      'PATCH',
      `${podPath}/ephemeralcontainers`,
      ['Content-Type: application/json', 'Content-Length: 0'],
    ],
    ['a subprotocol in base64', 'GET', execPath, webSocket('base64.channel.k8s.io')],
    ['an old subprotocol', 'GET', execPath, webSocket('channel.k8s.io, v3.channel.k8s.io')],
    ['no subprotocol', 'GET', execPath, webSocket().slice(0, 4)],
    ['a version of SPDY that no one knows', 'GET', execPath, spdy('v6.channel.k8s.io')],
  ])('is refused before anything goes upstream: %s', async (_name, method, target, lines) => {
    const { rig, ask, cluster, recorder, events } = await start();
    const client = ask(target, lines, method);
    await until(() => client.body().includes('}'));
    expect(client.head()).toMatch(/^HTTP\/1.1 403 /);
    expect(JSON.parse(client.body().toString())).toMatchObject({
      kind: 'Status',
      message: expect.stringContaining('must be recorded'),
      details: { causes: [{ reason: 'not-recordable' }] },
    });
    expect([cluster, rig.seen, recorder.recordings, events('recording.started')]).toEqual([[], [], [], []]);
  });

  it.each([
    ['has no room', new RecordingUnavailable('the disk for recordings is full'), 'the disk for recordings is full'],
    ['fails', new Error('EIO: /var/spool/sallyport'), 'the disk of the gateway failed'],
  ])('is refused while the disk %s, and its command does not run', async (_name, error, reason) => {
    const { ask, cluster, recorder, events } = await start();
    recorder.refusal = error;
    const client = ask(execPath, webSocket());
    await until(() => client.body().includes('}'));
    expect(client.head()).toMatch(/^HTTP\/1.1 503 /);
    expect(JSON.parse(client.body().toString())).toMatchObject({
      message: expect.stringContaining(reason),
      details: { causes: [{ reason: 'recording-unavailable' }] },
    });
    expect([cluster, events('recording.started')]).toEqual([[], []]);
  });

  it('is refused while its event cannot be recorded', async () => {
    const { rig, ask, cluster, recorder } = await start();
    const begin = recorder.begin.bind(recorder);
    recorder.begin = (...args) => {
      rig.kafka = 'down';
      return begin(...args);
    };
    const client = ask(execPath, webSocket());
    await until(() => recorder.recordings[0]?.finished !== undefined);
    expect(client.head()).toMatch(/^HTTP\/1.1 503 /);
    expect(cluster).toEqual([]);
  });

  it.each([
    ['chooses a protocol that was not offered', 'base64.channel.k8s.io', ''],
    ['compresses although no one offered it', 'v5.channel.k8s.io', 'Sec-WebSocket-Extensions: permessage-deflate\r\n'],
  ])('is ended before the client gets anything if the cluster %s', async (_name, protocol, line) => {
    const head = `HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocol}\r\n${line}\r\n`;
    const { ask, cluster, recorder } = await start({ answer: () => head + fromServer(1, 'hidden').toString('latin1') });
    const client = ask(execPath, webSocket());
    await until(() => client.body().includes('}') && cluster[0]?.closed() === true);
    expect(client.head()).toMatch(/^HTTP\/1.1 403 /);
    expect(client.body().toString()).not.toContain('hidden');
    await until(() => recorder.recordings[0]!.finished !== undefined);
  });

  it('may be a port-forward, whose event says what went through which port', async () => {
    const { open, recorder } = await start();
    const { client } = await open(`${podPath}/portforward`, spdy('portforward.k8s.io'));
    expect([client.head().slice(0, 12), recorder.recordings]).toEqual(['HTTP/1.1 101', []]);
  });
});

describe('what a client offers', () => {
  it('goes upstream only as far as it is read, and never with compression', async () => {
    const { open } = await start();
    const offers = webSocket(
      'base64.channel.k8s.io, v4.channel.k8s.io, v5.channel.k8s.io',
      'Sec-WebSocket-Extensions: permessage-deflate',
    );
    const { server } = await open(execPath, offers);
    expect(server.request.headers).toMatchObject({ 'sec-websocket-protocol': 'v4.channel.k8s.io, v5.channel.k8s.io' });
    expect(server.request.headers['sec-websocket-extensions']).toBeUndefined();
    const other = await open(execPath, spdy('v6.channel.k8s.io', 'v4.channel.k8s.io, v3.channel.k8s.io'));
    expect(other.server.request.headers['x-stream-protocol-version']).toBe('v4.channel.k8s.io, v3.channel.k8s.io');
  });
});
