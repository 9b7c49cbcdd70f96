import { describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { containsOwnToken } from '../credential/own-token.ts';
import type { ClusterExchange } from '../exchange/exchange.ts';
import { describeEvent, workloadOf } from './describe-event.ts';
import { auditUri } from './describe-request.ts';
import { createHiddenText } from './hidden-text.ts';

describe('the workload in an event', () => {
  const workload = (kind: string, provider: string) =>
    workloadOf({
      decision: { effect: 'allow', rule: 'r', reasons: [], policyVersion: 'v' },
      session: { id: 's', kind, expiresAt: 1 },
      identity: { provider, issuer: 'i', subject: 's', user: 'u', groups: [], amr: [] },
    } as unknown as CheckAnswer);

  it('is that of the session', () => {
    expect(workload('workload', 'workload/ci')).toEqual({ name: 'ci' });
  });

  it('is never that of a person, however their provider is called', () => {
    expect(workload('cli', 'workload/ci')).toBeUndefined();
    expect(workload('workload', 'okta')).toBeUndefined();
  });
});

describe('the request URI in an event', () => {
  it.each([
    ['/api/v1/pods?limit=5', '/api/v1/pods?limit=5'],
    ['/x/exec?command=rm&command=-rf&container=c', '/x/exec?container=c'],
    ['/x/exec?%63ommand=secret&tty=1', '/x/exec?tty=1'],
    ['/x/exec?command=a', '/x/exec'],
    ['/x?%zz=1&command=b&ok=1', '/x?ok=1'],
  ])('of %s is %s', (raw, shown) => {
    expect(auditUri(raw)).toBe(shown);
  });
});

describe('a token of the gateway in an address', () => {
  const signed = `eyJhbGciOiJFZERTQSIsImtpZCI6Ingi.eyJqdGkiOiJ4In0.${'A'.repeat(86)}`;

  it.each([`spt_${'a'.repeat(43)}`, `spd_${'a'.repeat(43)}`, signed])('is detected and left out: %s', (token) => {
    expect(containsOwnToken(`/x?a=${token}&b=${token}`)).toBe(true);
    expect(auditUri(`/x?a=${token}&b=${token}`, (one) => String(one === token))).toMatch(
      /^\/x\?a=(sp[td]_|jwt_)\[redacted:true\]&b=\1\[redacted:true\]$/,
    );
  });

  it.each([
    '/x?a=spt_short',
    '/x?token=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln',
    '/api/v1/pods',
    `/x?a=${signed.slice(0, -75)}`,
  ])('is not detected in %s', (url) => {
    expect(containsOwnToken(url)).toBe(false);
    expect(auditUri(url)).toBe(url);
  });
});

describe('an event where commands are hashed', () => {
  it.each([
    '/api/v1/nodes/n/proxy/run/prod/web/c?cmd=secret',
    '/api/v1/nodes/n/proxy/run/prod/web/c?command=secret',
    '/api/v1/nodes/n/proxy/run/prod/web/c%3Fcmd=secret',
    '/api/v1/nodes/n/proxy/exec/prod/web/c%253Fcommand=secret',
    '/api/v1/nodes/n/proxy/run/prod/web/c;cmd=secret',
    '/api/v1/namespaces/dev/pods/web/exec?container=c%3Fcmd%3Dsecret',
    '/api/v1/namespaces/dev/pods/web/exec%3Fcommand=secret',
    '/api/v1/namespaces/dev/pods/web%3Fcommand=secret',
    '/healthz%3Fcommand=secret',
  ])('has the command of %s in no member', (rawTarget) => {
    const target = parseRequestTarget(rawTarget);
    if (!target.ok) throw new Error(target.reason);
    const exchange = {
      kind: 'cluster',
      auditId: 'a',
      clusterName: 'dev',
      clientAddress: '10.1.2.3',
      request: { method: 'POST' },
      rawTarget,
      asked: readRequestInfo({ method: 'POST', ...target }),
    } as unknown as ClusterExchange;
    const hidden = createHiddenText('hashed', Buffer.from('k'))('alice');
    const event = describeEvent(exchange, 'RequestReceived', { received: '', stage: '' }, { hidden });
    expect(JSON.stringify(event)).not.toContain('secret');
  });
});
