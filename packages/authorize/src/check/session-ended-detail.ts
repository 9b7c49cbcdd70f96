import type { EndReason } from '@sallyport/contracts';

const words: Partial<Record<EndReason, string>> = {
  refused: 'Your identity provider no longer vouches for this login, so it was ended; log in again.',
  changed: 'What your identity provider says of you has changed, so this login was ended; log in again.',
  'provider-away':
    'Your identity provider could not be asked about this login for too long, so it was ended; log in again.',
  'provider-logout': 'You were logged out at your identity provider, which ended this login, too; log in again.',
  limit: 'You logged in elsewhere, and may have only so many logins at a time, so this one was ended; log in again.',
  deactivated: 'Your account is not active any more, so this login was ended.',
};

/** Tells the holder of a session that has ended why it did. */
export function sessionEndedDetail(reason: string): string {
  return (
    (Object.hasOwn(words, reason) ? words[reason as EndReason] : undefined) ?? 'This session was ended; log in again.'
  );
}
