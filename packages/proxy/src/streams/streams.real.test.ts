import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Change, CheckAnswer } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { alice, allow, createRig, type Rig } from '../testing/gateway-rig.ts';

const token = `Bearer spt_${'a'.repeat(43)}`;
const watchPath = '/clusters/dev/api/v1/namespaces/dev/pods?watch=true';
const logPath = '/clusters/dev/api/v1/namespaces/dev/pods/web/log?follow=true';
const record = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;
const deny: CheckAnswer = {
  decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v2' },
  problem: { code: 'forbidden', detail: 'not any more' },
};
const ended: CheckAnswer = {
  decision: { effect: 'authenticate', rule: 'default-deny', reasons: ['user-unauthenticated'], policyVersion: 'v' },
  problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
};
const revoked: Change = { type: 'session-revoked', sessionId: 'ses_1', issuer: 'https://idp', subject: 'alice', at: 0 };

let rig: Rig;
/** The cluster's side of each stream, in order. */
let upstream: ServerResponse[] = [];

async function start(
  streams: object = {},
  head: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Rig> {
  upstream = [];
  rig = await createRig((_request, response) => {
    upstream.push(response);
    response.writeHead(200, head);
    response.flushHeaders();
  }, streams);
  return rig;
}
afterEach(() => rig.close());

type Opened = { response: IncomingMessage; text(): string; over: Promise<'end' | 'cut'>; status: number };

function open(path: string): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: rig.port, host: '127.0.0.1', path, headers: { authorization: token }, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        const over = new Promise<'end' | 'cut'>((settle) => {
          response.on('end', () => settle('end'));
          response.on('error', () => settle('cut'));
        });
        resolve({ response, text: () => text, over, status: response.statusCode! });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const streamEvents = () =>
  rig.events
    .filter(({ type }) => type.startsWith('stream.'))
    .map(({ type, data }) => [type, data.sallyport.stream?.reason]);

describe('a JSON watch whose session ends', () => {
  it('gets an ERROR event between two records and a clean end, and is recorded and listed with the reason', async () => {
    await start();
    const watch = await open(watchPath);
    upstream[0]!.write(record('a'));
    await until(() => watch.text() === record('a'));
    let upstreamClosed = false;
    upstream[0]!.on('close', () => {
      upstreamClosed = true;
    });
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    expect(await watch.over).toBe('end');
    const lines = watch.text().trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1]!)).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 401, reason: 'Unauthorized', message: 'This session was ended. Log in again.' },
    });
    await until(() => upstreamClosed && rig.streams.registry.size === 0);
    expect(streamEvents()).toEqual([
      ['stream.opened', undefined],
      ['stream.cut', 'session-ended'],
      ['stream.closed', 'session-ended'],
    ]);
    expect(rig.streams.registry.ended()).toMatchObject([
      {
        kind: 'watch',
        user: 'alice@example.com',
        cluster: 'dev',
        namespace: 'dev',
        reason: 'session-ended',
        bytesOut: Buffer.byteLength(watch.text()),
      },
    ]);
  });

  it('ends with all others of the session after one question to authorize', async () => {
    await start();
    const watches = await Promise.all(Array.from({ length: 20 }, () => open(watchPath)));
    const before = rig.checks.length;
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    expect(await Promise.all(watches.map(({ over }) => over))).toEqual(watches.map(() => 'end'));
    expect(watches.filter(({ text }) => !text().includes('This session was ended. Log in again.'))).toEqual([]);
    expect(rig.checks).toHaveLength(before + 1);
  });

  it('waits for the rest of a record that has begun', async () => {
    await start();
    const watch = await open(watchPath);
    const whole = record('half');
    upstream[0]!.write(whole.slice(0, 10));
    await until(() => watch.text().length === 10);
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    await pause(30);
    upstream[0]!.write(whole.slice(10) + record('too late'));
    expect(await watch.over).toBe('end');
    const lines = watch.text().trim().split('\n');
    expect([lines[0], JSON.parse(lines[1]!).type, lines.length]).toEqual([whole.trim(), 'ERROR', 2]);
  });

  it('ends without a message when the rest does not arrive', async () => {
    await start();
    const watch = await open(watchPath);
    upstream[0]!.write('{"type":');
    await until(() => watch.text() !== '');
    rig.answer = () => ended;
    const at = performance.now();
    rig.streams.onChange(revoked);
    expect(await watch.over).toBe('end');
    expect(watch.text()).toBe('{"type":');
    expect(performance.now() - at).toBeLessThan(15_000);
  });

  it('ends when its session has lost a group that it was opened with', async () => {
    await start();
    const watch = await open(watchPath);
    const before = rig.answer;
    rig.answer = (check) => {
      const answer = before(check);
      return { ...answer, impersonation: { ...answer.impersonation!, groups: [] } };
    };
    rig.streams.onChange({ ...revoked, type: 'session-changed' });
    expect(await watch.over).toBe('end');
    expect(JSON.parse(watch.text().trim())).toMatchObject({
      type: 'ERROR',
      object: { code: 403, message: expect.stringContaining('Your groups have changed') },
    });
  });

  it('is left alone if it belongs to another session, or is still allowed', async () => {
    await start();
    const watch = await open(watchPath);
    rig.streams.onChange({ ...revoked, sessionId: 'ses_2' });
    expect(rig.checks).toHaveLength(1);
    rig.streams.onChange(revoked);
    await until(() => rig.checks.length === 2);
    await pause(50);
    upstream[0]!.end(record('b'));
    expect(await watch.over).toBe('end');
    expect(watch.text()).toBe(record('b'));
    expect(streamEvents().map(([type]) => type)).toEqual(['stream.opened', 'stream.closed']);
  });
});

describe('a stream that cannot carry a message', () => {
  it('ends cleanly if it is a followed log', async () => {
    await start({}, { 'content-type': 'text/plain' });
    const log = await open(logPath);
    upstream[0]!.write('line\n');
    await until(() => log.text() === 'line\n');
    rig.answer = () => deny;
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v2' });
    expect([await log.over, log.text()]).toEqual(['end', 'line\n']);
    expect(rig.streams.registry.ended()).toMatchObject([
      { reason: 'not-allowed', detail: 'This is no longer allowed, so it was ended: not any more' },
    ]);
  });

  it('is cut if it has a promised length, because a clean end would be a lie', async () => {
    await start({}, { 'content-type': 'text/plain', 'content-length': '100' });
    const log = await open(logPath);
    rig.answer = () => deny;
    rig.streams.onChange({ type: 'gap' });
    expect(await log.over).toBe('cut');
  });
});

describe('a stream is rechecked', () => {
  it('at intervals, and without keeping an idle session alive', async () => {
    await start({ recheck: '100ms' });
    await open(watchPath);
    await until(() => rig.checks.length >= 3);
    expect(rig.checks[0]!.use).toBeUndefined();
    expect(rig.checks.slice(1).every((check) => check.use === false && check.kubernetes?.verb === 'watch')).toBe(true);
  });

  it('when its session expires', async () => {
    await start();
    rig.answer = () => ({ ...allow(), session: { id: 'ses_1', kind: 'cli', expiresAt: Date.now() + 200 } });
    const watch = await open(watchPath);
    const at = performance.now();
    rig.answer = () => ended;
    expect(await watch.over).toBe('end');
    expect(performance.now() - at).toBeLessThan(15_000);
  });

  it('when a change arrived while it was being opened', async () => {
    await start();
    rig.answer = () => {
      rig.streams.onChange(revoked);
      rig.answer = () => ended;
      return allow();
    };
    const watch = await open(watchPath);
    expect(await watch.over).toBe('end');
    expect(watch.status).toBe(401);
    expect(watch.text()).toContain('This session was ended');
  });

  it('until the answer comes from the policy that was announced', async () => {
    await start();
    const watch = await open(watchPath);
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v2' });
    await until(() => rig.checks.length >= 3);
    rig.answer = () => deny;
    expect(await watch.over).toBe('end');
  });

  it('ends when its user has lost a group that it was opened with', async () => {
    await start();
    const watch = await open(watchPath);
    rig.answer = () => allow({ ...alice, groups: [] });
    rig.streams.onChange({ type: 'gap' });
    await watch.over;
    expect(watch.text()).toContain('Your groups have changed');
  });
});

describe('when authorize cannot be reached', () => {
  const away = () => {
    throw new ProblemError('authorize-unavailable', 'down');
  };

  it('streams go on for the grace period, and no longer', async () => {
    await start({ grace: '500ms', recheck: '100ms' });
    const watch = await open(watchPath);
    rig.answer = away;
    const at = performance.now();
    await watch.over;
    expect(performance.now() - at).toBeGreaterThan(400);
    expect(watch.text()).toContain('"code":503');
    expect(rig.streams.registry.ended()).toMatchObject([{ reason: 'authorize-unavailable' }]);
  });

  it('that is noticed early, and forgotten when authorize can be reached again', async () => {
    await start({ grace: '5s', recheck: '10m' });
    const watch = await open(watchPath);
    rig.answer = away;
    await until(() => rig.checks.length >= 3);
    rig.answer = () => allow();
    await pause(1300);
    const asked = rig.checks.length;
    await pause(500);
    expect(rig.checks.length - asked).toBeLessThanOrEqual(1);
    upstream[0]!.end();
    expect(await watch.over).toBe('end');
    expect(watch.text()).toBe('');
  });
});

describe('limits', () => {
  it('on streams per user and per cluster are a 429 that names them, and ended streams do not count', async () => {
    await start({ perUser: 2, perCluster: 3 });
    const first = await open(watchPath);
    await open(watchPath);
    const third = await open(watchPath);
    await third.over;
    expect([third.status, JSON.parse(third.text())]).toEqual([
      429,
      expect.objectContaining({
        kind: 'Status',
        reason: 'TooManyRequests',
        message: expect.stringContaining('2 streams'),
      }),
    ]);
    const bob = { ...allow(), identity: { ...allow().identity!, subject: 'bob' } };
    rig.answer = () => bob;
    expect((await open(watchPath)).status).toBe(200);
    const crowded = await open(watchPath);
    await crowded.over;
    expect([crowded.status, crowded.text()]).toEqual([429, expect.stringContaining('Cluster')]);
    first.response.destroy();
    await until(() => rig.streams.registry.size === 2);
    expect((await open(watchPath)).status).toBe(200);
    expect(upstream).toHaveLength(4);
  });
});

describe('a gateway that stops', () => {
  it('waits for streams to end, then tells the rest', async () => {
    await start();
    const watch = await open(watchPath);
    const brief = await open(watchPath);
    setTimeout(() => upstream[1]!.end(), 50);
    const at = performance.now();
    await rig.streams.drain(300);
    expect(performance.now() - at).toBeGreaterThanOrEqual(290);
    expect([await brief.over, brief.text()]).toEqual(['end', '']);
    expect(await watch.over).toBe('end');
    expect(watch.text()).toContain('shutting down');
    expect(rig.streams.registry.size).toBe(0);
  });

  it('does not wait when there are none', async () => {
    await start();
    const at = performance.now();
    await rig.streams.drain(60_000);
    expect(performance.now() - at).toBeLessThan(30_000);
  });
});
