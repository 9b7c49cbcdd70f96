import * as z from 'zod/mini';

const serviceAccount = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  groups: z.array(z.string()),
  maker: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  lastUsedAt: z.optional(z.number()),
});
export type ServiceAccountRow = z.infer<typeof serviceAccount>;

/** `POST /.sallyport/api/v1/service-accounts`. The token is shown this once. */
export const createdServiceAccountSchema = z.object({
  token: z.string().check(z.regex(/^[A-Za-z0-9._~+/-]{16,4096}=*$/)),
  serviceAccount,
});

/** `GET /.sallyport/api/v1/service-accounts`. */
export const serviceAccountsSchema = z.object({
  serviceAccounts: z.array(serviceAccount),
  maySeeAll: z.optional(z.boolean()),
});

const heldName = z.object({ name: z.string(), holder: z.string(), since: z.number(), inUse: z.boolean() });
export type HeldNameRow = z.infer<typeof heldName>;

/** `GET /.sallyport/api/v1/service-account-names`. */
export const heldNamesSchema = z.object({ names: z.array(heldName) });

const assignedName = z.object({ name: z.string(), outcome: z.string(), holder: z.string() });
export type AssignedNameRow = z.infer<typeof assignedName>;

/** `POST /.sallyport/api/v1/service-account-names`. */
export const assignedNamesSchema = z.object({ names: z.array(assignedName) });
