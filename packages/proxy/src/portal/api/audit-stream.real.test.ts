import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuditView } from '@sallyport/contracts';
import { createLogger, ProblemError, type Caller, type ServiceRequest } from '@sallyport/kit';
import express from 'express';
import { openAuditStream, sendAuditStream } from './audit-stream.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
const identity = { provider: 'p', issuer: 'i', subject: 's', user: 'carol', groups: [], amr: [] };
const caller: Caller = {
  session: { id: 's', kind: 'cli', expiresAt: 0 },
  identity,
  privileged: false,
  clientAddress: '10.0.0.9',
};
const context = {
  credential: { hash: 'x' } as never,
  clientAddress: '10.0.0.9',
  recordDecision: () => {},
  recordExplained: () => {},
  recordViewed: () => {},
};
let close: (() => void) | undefined;
afterEach(() => close?.());

async function setUp(kind: 'tail' | 'export') {
  const state: { view: AuditView | Error } = { view: { clusters: ['dev'], withoutCluster: false } };
  const body = new PassThrough();
  const asked: ServiceRequest[] = [];
  const deps = {
    logger,
    recheckMs: 20,
    authorize: {
      request: async () => {
        if (state.view instanceof Error) throw state.view;
        return { status: 200, headers: {}, body: { view: state.view } };
      },
    },
    audit: {
      request: () => Promise.reject(new Error('not asked for')),
      stream: async (request: ServiceRequest) => {
        asked.push(request);
        return { status: 200, body };
      },
    },
  };
  const app = express();
  app.get('/x', async (request, response) =>
    sendAuditStream(logger)(response, await openAuditStream(deps as never, kind)(request, caller, context)),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const open = (headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x?cluster=dev`, { headers });
  return { state, body, asked, open };
}

describe('a tail of the audit trail', () => {
  it('continues from the position that a browser sends', async () => {
    const { asked, open, body } = await setUp('tail');
    const answer = await open({ 'last-event-id': 'p7' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(asked[0]).toMatchObject({
      path: '/v1/events/tail?cluster=dev&after=p7',
      body: { view: { clusters: ['dev'], withoutCluster: false } },
    });
    body.end('data: x\n\n');
    expect(await answer.text()).toBe('data: x\n\n');
  });

  it('ends, and says why, when the policy shows the caller something else or the session ends', async () => {
    for (const [view, reason] of [
      [{ clusters: [], withoutCluster: false }, 'not-allowed'],
      [new ProblemError('unauthenticated', 'ended'), 'session-ended'],
    ] as const) {
      const { state, body, open } = await setUp('tail');
      const answer = await open();
      body.write('data: x\n\n');
      state.view = view as AuditView | Error;
      expect(await answer.text()).toBe(`data: x\n\nevent: end\ndata: {"reason":"${reason}"}\n\n`);
      close?.();
    }
  });
});

describe('an export of the audit trail', () => {
  it('is cut when the right to it ends, so that it does not look complete', async () => {
    const { state, body, open } = await setUp('export');
    const answer = await open();
    body.write('{}\n');
    state.view = { clusters: [], withoutCluster: false };
    await expect(answer.text()).rejects.toThrow();
  });
});
