import * as z from 'zod/mini';

/**
 * A line of the answer to `GET /streams/<id>/watch`. `sealed` is an age file (in base64) for the key of the one who
 * watches, with frames as in recordings. `lost` counts bytes that were dropped before them, because they were read too
 * slowly. `end` is in the last line, and says why it is the last. A line may be empty: the watch is alive.
 */
export const watchLineSchema = z.object({
  sealed: z.optional(z.string()),
  lost: z.optional(z.number()),
  end: z.optional(z.enum(['over', 'not-allowed', 'unavailable'])),
});
export type WatchLine = z.infer<typeof watchLineSchema>;
