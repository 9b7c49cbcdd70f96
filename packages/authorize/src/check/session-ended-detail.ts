import type { EndReason } from '@sallyport/contracts';

const details: Partial<Record<EndReason, string>> = {
  refused: 'Your identity provider rejected this login, so it was ended. Log in again.',
  changed: 'Your account at the identity provider has changed, so this login was ended. Log in again.',
  'provider-away': 'Your identity provider could not be reached for too long, so this login was ended. Log in again.',
  'provider-logout': 'You were logged out at your identity provider, so this login was ended too. Log in again.',
  limit: 'You logged in elsewhere and reached the limit of concurrent logins, so this one was ended. Log in again.',
  'parent-ended': 'The login on which this depended has ended, so this has ended too. Log in and create another.',
  deactivated: 'Your account is no longer active, so this login was ended.',
};

/** Returns the message that tells a caller why their session has ended. */
export function sessionEndedDetail(reason: string): string {
  return (
    (Object.hasOwn(details, reason) ? details[reason as EndReason] : undefined) ??
    'This session was ended. Log in again.'
  );
}
