import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { exampleNotice, hostileText } from '../testing/example-notice.ts';
import { cloudEventOf, signWebhook } from './create-webhook-channel.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const old = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const body = cloudEventOf(exampleNotice({}, { reason: `ü ${hostileText}` }), 'https://gate.example.com');
const sign = (secrets: string[], now = Date.now()) => signWebhook(secrets, { id: 'evt-1', body, now });

describe('the signature of a webhook', () => {
  it('is the one that the specification gives as an example', () => {
    const signed = signWebhook(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      body: '{"test": 2432232314}',
      now: 1_614_265_330_000,
    });
    expect(signed['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is accepted by the library of the specification, which returns what was sent', () => {
    expect(new Webhook(secret).verify(body, sign([secret]))).toEqual(JSON.parse(body));
  });

  it.each([
    ['another body', () => new Webhook(secret).verify(`${body} `, sign([secret]))],
    ['another id', () => new Webhook(secret).verify(body, { ...sign([secret]), 'webhook-id': 'evt-2' })],
    ['another secret', () => new Webhook(old).verify(body, sign([secret]))],
    ['an old time', () => new Webhook(secret).verify(body, sign([secret], Date.now() - 600_000))],
  ])('is refused by it for %s', (_what, verify) => {
    expect(verify).toThrow();
  });

  it('of two secrets is accepted by receivers of either', () => {
    for (const one of [secret, old])
      expect(new Webhook(one).verify(body, sign([secret, old]))).toEqual(JSON.parse(body));
  });
});

describe('a notice as a CloudEvent', () => {
  it('has the required attributes, the facts and the link, and no key of a person', () => {
    expect(JSON.parse(cloudEventOf(exampleNotice({ by: undefined }), 'https://gate.example.com'))).toEqual({
      specversion: '1.0',
      id: '0b6f3c1e-0000-8000-8000-000000000001',
      type: 'elevation.requested',
      source: 'sallyport/authorize',
      subject: '5f0c6a1e-0000-4000-8000-000000000001',
      time: '2026-11-01T08:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        number: 1,
        elevation: {
          id: '5f0c6a1e-0000-4000-8000-000000000001',
          name: 'prod-admin',
          cluster: 'prod-eu',
          groups: ['cluster-admins'],
          user: 'alice@example.com',
          reason: 'the shop is down',
          state: 'pending',
          approvalsNeeded: 1,
          approvers: [],
          durationSeconds: 1800,
          pendingUntil: '2026-11-01T09:00:00.000Z',
        },
        link: 'https://gate.example.com/.sallyport/elevations/5f0c6a1e-0000-4000-8000-000000000001',
      },
    });
  });
});
