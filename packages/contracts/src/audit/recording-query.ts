import * as z from 'zod/mini';

/**
 * The query of `GET <api>/recordings`. All filters must match; `user`, `namespace` and `name` are globs. `after` is the
 * `next` of the page before.
 */
export const recordingQuerySchema = z.strictObject({
  cluster: z.optional(z.string().check(z.maxLength(500))),
  namespace: z.optional(z.string().check(z.maxLength(500))),
  name: z.optional(z.string().check(z.maxLength(500))),
  user: z.optional(z.string().check(z.maxLength(500))),
  since: z.optional(z.iso.datetime({ offset: true })),
  until: z.optional(z.iso.datetime({ offset: true })),
  after: z.optional(z.string().check(z.maxLength(500))),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(200)), 100),
});
export type RecordingQuery = z.infer<typeof recordingQuerySchema>;
