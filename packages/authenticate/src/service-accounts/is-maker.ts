import type { Session } from '@sallyport/contracts';
import type { Caller } from '@sallyport/kit';

/** Reports whether the caller made this service account, from whichever of their logins. */
export const isMaker = ({ identity }: Caller, { serviceAccount }: Session): boolean =>
  serviceAccount?.maker.issuer === identity.issuer && serviceAccount.maker.subject === identity.subject;
