import * as z from 'zod/mini';
import { timeSchema } from './parts.ts';

const carrierSchema = z.object({
  /** The replica of the gateway to which it leads. */
  replica: z.string(),
  id: z.string(),
  since: timeSchema,
  /** Of the connector. */
  version: z.string(),
  /** When something was last received. */
  seen: timeSchema,
  roundTripMs: z.optional(z.number()),
  streams: z.number(),
});

/** `GET <api>/connectors`: the connectors, and their connections to all replicas of the gateway. */
export const connectorsSchema = z.object({
  connectors: z.array(
    z.object({
      name: z.string(),
      connected: z.boolean(),
      /** Since when it is connected, or since when it is not. Absent if it never was, as far as is known. */
      since: z.optional(timeSchema),
      carriers: z.array(carrierSchema),
      /** The last connections to the replica that answers that have ended. */
      ended: z.array(z.object({ at: timeSchema, durationMs: z.number(), reason: z.string() })),
    }),
  ),
});
export type ConnectorRow = z.infer<typeof connectorsSchema>['connectors'][number];
