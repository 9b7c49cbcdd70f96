import { describe, expect, it } from '@jest/globals';
import type { AuditEventType, AuditRecord } from '@sallyport/contracts';
import fc from 'fast-check';
import { anonymousGroup } from './anonymous-group.ts';
import { sampleAuditRecord } from './sample-audit-record.ts';

/** A request that was refused before its caller was identified. */
function refused(
  changes: {
    type?: AuditEventType;
    address?: string;
    code?: number;
    reason?: string;
    message?: string;
    uri?: string;
  } = {},
): AuditRecord {
  const { type = 'k8s.request', address = '203.0.113.9', code = 401, reason, message = 'Log in.', uri = '/' } = changes;
  const record = sampleAuditRecord({
    session: '-',
    data: { user: {}, requestURI: uri, responseStatus: { code, message, ...(reason === undefined ? {} : { reason }) } },
  });
  delete record.data.sallyport.identity;
  delete record.data.sallyport.sessionId;
  record.data.sallyport.clientAddress = address;
  record.type = type;
  return record;
}

describe('the events of anonymous callers', () => {
  it('are the events that name no person', () => {
    expect(anonymousGroup(sampleAuditRecord())).toBeUndefined();
    expect(anonymousGroup(refused({ reason: 'Unauthorized' }))).toMatchObject({
      address: '203.0.113.9',
      cause: 'k8s.request 401 Unauthorized',
    });
    for (const type of ['http.request', 'login.failed', 'directory.refused', 'request.unparsable'] as const)
      expect(anonymousGroup(refused({ type }))).toBeDefined();
  });

  it('are not the events of services and directories', () => {
    for (const type of ['policy.changed', 'policy.rejected'] as const)
      expect(anonymousGroup(refused({ type }))).toBeUndefined();
    const pushed = refused({ type: 'directory.changed' });
    pushed.data.user.username = 'directory:okta';
    expect(anonymousGroup(pushed)).toBeUndefined();
  });

  it('are grouped by address and cause, whatever else the client sends', () => {
    const one = anonymousGroup(refused({ reason: 'BadRequest', code: 400 }))!;
    expect(anonymousGroup(refused({ reason: 'BadRequest', code: 400, message: 'another', uri: '/x' }))).toEqual(one);
    expect(anonymousGroup(refused({ reason: 'Unauthorized', code: 401 }))).not.toEqual(one);
    expect(anonymousGroup(refused({ reason: 'BadRequest', code: 400, address: '203.0.113.10' }))).not.toEqual(one);
    const failed = (message: string) => anonymousGroup(refused({ type: 'login.failed', code: 400, message }))!.cause;
    expect(failed('login-expired: Too late.')).toBe('login.failed 400 login-expired');
    expect(failed('Too late.')).toBe('login.failed 400');
  });

  it('treat the /64 of an IPv6 address as one caller', () => {
    const key = (address: string) => anonymousGroup(refused({ address }))!.key;
    expect(key('2001:db8::1')).toBe(key('2001:db8:0:0:ffff::9'));
    expect(key('2001:db8::1')).not.toBe(key('2001:db8:0:1::1'));
  });

  it('have a short key, whatever the event contains', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (address, message, uri) => {
        const group = anonymousGroup(
          refused({ type: 'login.failed', address: address.repeat(50), message: `${message.repeat(50)}`, uri }),
        )!;
        expect(group.key.length).toBeLessThan(400);
      }),
    );
  });
});
