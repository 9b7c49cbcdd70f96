import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  runCommand,
  startGateway,
  startRecordingUpstream,
  theBed,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

const forgets = 'nghttp2 ignores frames on a stream that it has closed and forgotten';
const withoutPriorities = 'RFC 9113 has no priorities any more: nghttp2 ignores their frames, and Node.js counts them';

/** The cases that fail, with the reason: nghttp2 and Node.js do otherwise, and no request is harmed by it. */
const known: Record<string, string> = {
  'http2/5.1: closed: Sends a DATA frame after sending RST_STREAM frame': forgets,
  'http2/5.1: closed: Sends a HEADERS frame after sending RST_STREAM frame': forgets,
  'http2/5.1: closed: Sends a DATA frame': forgets,
  'http2/5.1: closed: Sends a HEADERS frame': forgets,
  'http2/5.1.1: Sends stream identifier that is numerically smaller than previous': forgets,
  'http2/5.3.1: Sends PRIORITY frame that depend on itself': withoutPriorities,
  'http2/6.3: Sends a PRIORITY frame with 0x0 stream identifier': withoutPriorities,
  'http2/6.7: Sends a PING frame with ACK': 'Node.js ends a connection with the answer to a ping that it has not sent',
  'http2/6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream':
    'Node.js ends the connection, not only the stream',
};

/** A case of the report in the format of JUnit. */
type Case = { name: string; result: 'passed' | 'failed' | 'skipped'; text: string };

function readReport(xml: string): Case[] {
  return [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, section, title, inner = '']) => ({
      name: `${section}: ${title}`,
      result: /<(?:failure|error)/.test(inner) ? 'failed' : inner.includes('<skipped') ? 'skipped' : 'passed',
      text: inner.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '),
    }),
  );
}

describeWith(['h2spec'], 'the cases of h2spec', () => {
  let gateway: Gateway;
  let upstream: RecordingUpstream;
  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startGateway({ mode: 'embedded', http2: true, clusters: [upstream.access] });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  it('pass at the gateway, except those that are known with a reason', async () => {
    const report = path.join(gateway.directory, 'h2spec.xml');
    const { port } = new URL(gateway.url);
    // A refusal is a response, too: the requests of h2spec have no credential.
    await runCommand(
      theBed().programs.h2spec!,
      [
        '--tls',
        '--insecure',
        '--strict',
        '--port',
        port,
        '--timeout',
        '10',
        '--path',
        '/clusters/dev/api/v1/pods',
        '--junit-report',
        report,
      ],
      { timeoutMs: 280_000 },
    );
    const cases = readReport(readFileSync(report, 'utf8'));
    const of = (result: Case['result']) => cases.filter((one) => one.result === result);
    const failed = of('failed').map(({ name, text }) => `  ${name}: ${known[name] ?? text}\n`);
    process.stderr.write(
      `h2spec: ${of('passed').length} passed, ${failed.length} failed, ${of('skipped').length} skipped\n${failed.join('')}`,
    );
    expect(cases.length).toBeGreaterThan(140);
    expect(
      of('failed')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(known).toSorted());
    expect(of('skipped')).toEqual([]);
  });
});
