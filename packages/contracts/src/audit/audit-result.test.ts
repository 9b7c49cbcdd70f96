import { describe, expect, it } from '@jest/globals';
import type { AuditEventType } from './audit-event-types.ts';
import type { AuditEvent, AuditStage } from './audit-event.ts';
import { resultOf } from './audit-result.ts';

type Given = {
  type?: AuditEventType;
  stage?: AuditStage;
  effect?: 'allow' | 'deny' | 'authenticate' | undefined;
  code?: number;
  reason?: string;
  subresource?: string;
  route?: string;
};

function resultFor({ type = 'k8s.request', stage = 'ResponseComplete', effect, code, reason, ...more }: Given) {
  const data = {
    stage,
    responseStatus: { code, reason },
    objectRef: { resource: 'pods', subresource: more.subresource },
    sallyport: { decision: effect && { effect }, route: more.route },
  } as unknown as AuditEvent;
  return resultOf({ type, data });
}

describe('the result of a request', () => {
  it.each<[Given, ReturnType<typeof resultOf>]>([
    [{ effect: 'allow', code: 200 }, 'ok'],
    [{ effect: 'allow', code: 101, subresource: 'exec' }, 'ok'],
    [{ effect: 'deny', code: 403, reason: 'Forbidden' }, 'refused'],
    [{ effect: 'authenticate', code: 401, reason: 'Unauthorized' }, 'refused'],
    [{ code: 400, reason: 'BadRequest' }, 'refused'],
    [{ effect: 'allow', code: 429, reason: 'TooManyRequests' }, 'refused'],
    [{ effect: 'allow', code: 403 }, 'denied-by-cluster'],
    [{ effect: 'allow', code: 401, subresource: 'exec' }, 'denied-by-cluster'],
    [{ effect: 'allow', code: 403, subresource: 'proxy' }, 'failed'],
    [{ effect: 'allow', code: 404 }, 'failed'],
    [{ effect: 'allow', code: 502, reason: 'ServiceUnavailable' }, 'failed'],
    [{ code: 499 }, 'failed'],
    [{ code: 201 }, 'ok'],
    [{ code: 0 }, 'failed'],
    [{ code: 403 }, 'denied-by-cluster'],
    [{ type: 'http.request', route: 'https://app', effect: 'allow', code: 403 }, 'failed'],
    [{ type: 'http.request', route: 'https://app', effect: 'authenticate', code: 302 }, 'refused'],
    [{ type: 'http.request', effect: 'allow', code: 403 }, 'refused'],
    [{ type: 'http.request', code: 401 }, 'refused'],
    [{ type: 'http.request', effect: 'allow', code: 404 }, 'failed'],
    [{ type: 'request.unparsable', code: 400, reason: 'BadRequest' }, 'refused'],
    [{ effect: 'allow', stage: 'RequestReceived' }, undefined],
    [{ effect: 'allow', stage: 'ResponseStarted', code: 200 }, undefined],
    [{ type: 'stream.closed', effect: 'allow', code: 101 }, undefined],
    [{ type: 'session.login' }, undefined],
  ])('of %j is %s', (given, expected) => {
    expect(resultFor(given)).toBe(expected);
  });
});
