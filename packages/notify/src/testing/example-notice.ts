import type { ElevationNotice, ServiceAccountNotice } from '@sallyport/contracts';

/** Returns the notice of a request of alice for 30 minutes. */
export function exampleNotice(
  more: Partial<Omit<ElevationNotice, 'elevation'>> = {},
  elevation: Partial<ElevationNotice['elevation']> = {},
): ElevationNotice {
  return {
    id: '0b6f3c1e-0000-8000-8000-000000000001',
    number: 1,
    type: 'elevation.requested',
    at: Date.parse('2026-11-01T08:00:00Z'),
    by: 'alice@example.com',
    channels: ['ops'],
    ...more,
    elevation: {
      id: '5f0c6a1e-0000-4000-8000-000000000001',
      name: 'prod-admin',
      cluster: 'prod-eu',
      groups: ['cluster-admins'],
      user: 'alice@example.com',
      reason: 'the shop is down',
      state: 'pending',
      durationMs: 1_800_000,
      pendingUntil: Date.parse('2026-11-01T09:00:00Z'),
      approvalsNeeded: 1,
      approvers: [],
      ...elevation,
    },
  };
}

/** Returns the notice that a service account of alice ends in a week. */
export function exampleAccountNotice(serviceAccount: Partial<ServiceAccountNotice['serviceAccount']> = {}) {
  return {
    id: '0b6f3c1e-0000-8000-8000-000000000002',
    number: 1,
    type: 'service_account.expiring',
    at: Date.parse('2026-11-01T08:00:00Z'),
    channels: ['ops'],
    serviceAccount: {
      id: '5f0c6a1e-0000-4000-8000-000000000002',
      name: 'deployer',
      groups: ['ci'],
      maker: { user: 'alice@example.com', email: 'alice@example.com' },
      expiresAt: Date.parse('2026-11-08T08:00:00Z'),
      ...serviceAccount,
    },
  } satisfies ServiceAccountNotice;
}

/** A text that would be markup, a mention, a header or another line wherever it is not escaped. */
export const hostileText =
  '<!channel> <!here|x> <@U123> @everyone @channel <https://evil.example/|click> **bold** [x](https://evil.example) ' +
  '<at>everyone</at> & &lt; \r\nBcc: mallory@evil.example\r\n\r\nbody \u202eevil\u2028\u0000 "\'`_*~';
