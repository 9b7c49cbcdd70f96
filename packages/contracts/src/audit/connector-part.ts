import * as z from 'zod/mini';
import { about } from '../text/about.ts';

/** What events about connectors say of a connection. */
export const connectorPart = about(
  'For connector events: the connection of a connector to one replica of the gateway.',
  z.optional(
    z.object({
      name: about('The connector. Absent for a refused one whose key is unknown.', z.optional(z.string())),
      key: about(
        'The SHA-256 of its public key (SPKI), in base64url. Absent if it presented none.',
        z.optional(z.string()),
      ),
      carrier: about('Identifies the connection.', z.optional(z.string())),
      version: about('The version of the connector.', z.optional(z.string())),
      reason: about('Why it was refused or ended.', z.optional(z.string())),
      durationMs: about('How long the connection lasted, in milliseconds.', z.optional(z.number())),
    }),
  ),
);
