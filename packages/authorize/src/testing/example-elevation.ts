import type { Elevation, ElevationPerson } from '@sallyport/contracts';
import { requestElevation, type ElevationTerms } from '../elevation-states/request-elevation.ts';

export const start = 1_000_000;

/** Returns a person of the identity provider, with an email address equal to the user name. */
export const person = (name: string, more: Partial<ElevationPerson> = {}): ElevationPerson => ({
  issuer: 'https://idp.example.com',
  subject: `sub-${name}`,
  user: `${name}@example.com`,
  email: `${name}@example.com`,
  ...more,
});

/** What alice has just asked for: 60 seconds, one approval within 100 seconds. */
export const asked = (more: Partial<ElevationTerms> = {}): Elevation =>
  requestElevation(
    {
      id: 'e1',
      name: 'prod-admin',
      cluster: 'prod',
      groups: ['prod-admins'],
      requester: person('alice'),
      reason: 'the shop is down',
      durationMs: 60_000,
      pendingTimeoutMs: 100_000,
      approvalsNeeded: 1,
      whenAuditUnavailable: 'refuse',
      ...more,
    },
    start,
  );
