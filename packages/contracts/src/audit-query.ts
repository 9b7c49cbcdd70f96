import { z } from 'zod';
import { auditRecordSchema } from './audit-event.ts';

/** What `GET /v1/events` of the audit service filters by; all given conditions must hold. Times are RFC 3339. */
export const auditQuerySchema = z.object({
  auditID: z.string().optional(),
  user: z.string().optional(),
  issuer: z.string().optional(),
  subject: z.string().optional(),
  session: z.string().optional(),
  cluster: z.string().optional(),
  namespace: z.string().optional(),
  resource: z.string().optional(),
  subresource: z.string().optional(),
  name: z.string().optional(),
  verb: z.string().optional(),
  type: z.string().optional(),
  stage: z.string().optional(),
  effect: z.enum(['allow', 'deny', 'authenticate']).optional(),
  code: z.coerce.number().int().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  /** Opaque place to go on from: events that the store took in after it. */
  after: z.string().optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
}).strict();
export type AuditQuery = z.infer<typeof auditQuerySchema>;

/** `next` goes on where this page ended (in the order asked for); absent on the last page. `latest` is the newest place known, for tailing. `scope` says whose events were searched: the caller's own, or everybody's. */
export const auditPageSchema = z.object({ events: z.array(auditRecordSchema), next: z.string().optional(), latest: z.string().optional(), scope: z.enum(['own', 'all']).optional() });
export type AuditPage = z.infer<typeof auditPageSchema>;
