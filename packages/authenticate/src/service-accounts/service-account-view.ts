import type { ServiceAccountView, Session } from '@sallyport/contracts';

/** Returns a service account as lists show it; undefined if the session is of another kind. */
export function serviceAccountView({
  id,
  kind,
  identity,
  serviceAccount,
  createdAt,
  expiresAt,
}: Session): ServiceAccountView | undefined {
  if (kind !== 'service-account' || !serviceAccount) return undefined;
  const { name, maker, lastUsedAt } = serviceAccount;
  return {
    id,
    name,
    user: identity.user,
    groups: identity.groups,
    maker: maker.user,
    createdAt,
    expiresAt,
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}
