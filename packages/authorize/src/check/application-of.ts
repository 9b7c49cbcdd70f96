import type { Check } from '@sallyport/contracts';

/** Returns the origin of the web application that acts with the session of its user; undefined for the user's own request. */
export const applicationOf = ({ credential }: Pick<Check, 'credential'>): string | undefined =>
  credential.kind === 'token' ? credential.application : undefined;
