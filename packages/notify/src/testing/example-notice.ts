import type { Notice } from '@sallyport/contracts';

/** Returns the notice of a request of alice for 30 minutes. */
export function exampleNotice(
  more: Partial<Omit<Notice, 'elevation'>> = {},
  elevation: Partial<Notice['elevation']> = {},
): Notice {
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

/** A text that would be markup, a mention, a header or another line wherever it is not escaped. */
export const hostileText =
  '<!channel> <!here|x> <@U123> @everyone @channel <https://evil.example/|click> **bold** [x](https://evil.example) ' +
  '<at>everyone</at> & &lt; \r\nBcc: mallory@evil.example\r\n\r\nbody \u202eevil\u2028\u0000 "\'`_*~';
