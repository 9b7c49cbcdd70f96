import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { SessionChange, SessionStart } from '@sallyport/contracts';
import { createMemoryReplicaRegistry, createMemoryStreamQuestionRegistry } from '@sallyport/stores';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import { createPolicySet } from '../policies/policy-set.ts';
import { checkOf, identityOf, loadedConfig, sampleConfig, startRig } from '../testing/authorize-rig.ts';
import { createChangeFeed } from './change-feed.ts';

afterEach(() => void jest.useRealTimers());

/** A feed with a store whose events the test fires, and responses that record what they are sent. */
function rig() {
  const listeners: {
    change?: (change: SessionChange) => void;
    start?: (start: SessionStart) => void;
    gap?: () => void;
  } = {};
  const policies = createPolicySet(compileConfigPolicies(loadedConfig()).snapshot);
  const sessions = {
    onChange: (listener: (change: SessionChange) => void) => {
      listeners.change = listener;
      return () => {
        delete listeners.change;
      };
    },
    onStart: (listener: (start: SessionStart) => void) => {
      listeners.start = listener;
      return () => {
        delete listeners.start;
      };
    },
    onGap: (listener: () => void) => {
      listeners.gap = listener;
      return () => {
        delete listeners.gap;
      };
    },
  };
  const replicas = createMemoryReplicaRegistry({ now: Date.now });
  const streams = createMemoryStreamQuestionRegistry({ now: Date.now });
  const feed = createChangeFeed({ sessions, policies, replicas, streams });
  const subscribe = () => {
    const seen = {
      lines: [] as Record<string, unknown>[],
      destroyed: false,
      ended: false,
      onClose: () => {},
      writableLength: 0,
    };
    const response = {
      writeHead() {},
      write: (text: string) => void seen.lines.push(JSON.parse(text)),
      end: () => void (seen.ended = true),
      on: (_event: string, listener: () => void) => void (seen.onClose = listener),
      destroy: () => void (seen.destroyed = true),
      get writableLength() {
        return seen.writableLength;
      },
    } as unknown as ServerResponse;
    return { seen, taken: feed.subscribe(response) };
  };
  return { listeners, policies, replicas, streams, feed, subscribe };
}
const revoked: SessionChange = { type: 'revoked', sessionId: 's', issuer: 'i', subject: 'u', at: 1 };

describe('the change feed', () => {
  it('numbers its lines from 1 on each connection, and sends revocations, gaps, policies and pings', () => {
    jest.useFakeTimers();
    const { listeners, policies, feed, subscribe } = rig();
    const { version } = policies.current();
    const { seen } = subscribe();
    listeners.change!(revoked);
    const late = subscribe();
    listeners.gap!();
    policies.swap({ ...policies.current(), version: 'next' });
    jest.advanceTimersByTime(10_000);
    expect(seen.lines).toEqual([
      { seq: 1, type: 'hello', policyVersion: version },
      { seq: 2, type: 'session-revoked', sessionId: 's', issuer: 'i', subject: 'u', at: 1 },
      { seq: 3, type: 'gap' },
      { seq: 4, type: 'policy-changed', policyVersion: 'next' },
      { seq: 5, type: 'ping' },
    ]);
    expect(late.seen.lines.map(({ seq, type }) => `${String(seq)} ${String(type)}`)).toEqual([
      '1 hello',
      '2 gap',
      '3 policy-changed',
      '4 ping',
    ]);
    feed.close();
    expect(seen.ended).toBe(true);
    expect(listeners).toEqual({});
  });

  it('passes on that a session has started', () => {
    const { listeners, feed, subscribe } = rig();
    const { seen } = subscribe();
    const start = { sessionId: 's', issuer: 'i', subject: 'u', at: 1 };
    listeners.start!(start);
    expect(seen.lines.at(-1)).toEqual({ seq: 2, type: 'session-started', ...start });
    feed.close();
  });

  it('passes on a request to reload the configuration', async () => {
    const { replicas, feed, subscribe } = rig();
    const { seen } = subscribe();
    await replicas.requestReload();
    expect(seen.lines.at(-1)).toEqual({ seq: 2, type: 'reload-requested' });
    feed.close();
    await replicas.requestReload();
    expect(seen.lines).toHaveLength(2);
  });

  it('passes on questions about streams', async () => {
    const { streams, feed, subscribe } = rig();
    const { seen } = subscribe();
    const question = {
      id: '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11',
      ended: false,
      of: { issuer: 'i', subject: 's' },
      where: {},
    };
    await streams.ask(question);
    expect(seen.lines.at(-1)).toEqual({ seq: 2, type: 'streams-requested', question });
    feed.close();
  });

  it('disconnects a reader that does not keep up, and forgets one that disconnected', () => {
    const { listeners, feed, subscribe } = rig();
    const slow = subscribe();
    const gone = subscribe();
    slow.seen.writableLength = 2 * 1024 * 1024;
    gone.seen.onClose();
    listeners.gap!();
    expect(slow.seen.destroyed).toBe(true);
    expect(gone.seen.lines).toHaveLength(1);
    feed.close();
  });

  it('accepts 256 subscribers', () => {
    const { feed, subscribe } = rig();
    expect(Array.from({ length: 257 }, () => subscribe().taken).filter((taken) => !taken)).toHaveLength(1);
    feed.close();
  });

  it('reaches a reader over HTTP at once, and ends with the service', async () => {
    const service = await startRig({ config: sampleConfig });
    const response = await fetch(`${service.url}/v1/changes`, { headers: { authorization: service.authorization } });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect(JSON.parse((await reader.read()).value!)).toMatchObject({ seq: 1, type: 'hello' });
    const token = await service.logIn(identityOf('alice'));
    await service.ask(checkOf(token, { kind: 'self' }));
    const next = async () => JSON.parse((await reader.read()).value!) as object;
    expect(await next()).toMatchObject({ seq: 2, type: 'session-started', sessionId: 'id-alice' });
    const before = Date.now();
    await service.store.revoke('id-alice', { by: 'bob', reason: 'revoked' });
    expect(await next()).toMatchObject({
      seq: 3,
      type: 'session-revoked',
      sessionId: 'id-alice',
    });
    expect(Date.now() - before).toBeLessThan(15_000);
    await service.logIn(identityOf('bob', ['sre']));
    expect(await next()).toMatchObject({ seq: 4, type: 'session-started', sessionId: 'id-bob' });
    await service.store.update('id-bob', (session) => ({ ...session, identity: { ...session.identity, groups: [] } }));
    expect(await next()).toMatchObject({
      seq: 5,
      type: 'session-changed',
      sessionId: 'id-bob',
    });
    await service.close();
    expect((await reader.read()).done).toBe(true);
  });
});
