import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { durationSchema } from './duration.ts';
import { outboundUrlSchema } from './outbound-url.ts';
import { parseUserTemplate } from './user-template.ts';
import { faultsOfWorkload } from './workload-faults.ts';

const [minuteMs, dayMs] = [60_000, 86_400_000];

/** Compared with the claim `iss` character by character, so a slash at the end counts. */
const issuerSchema = z.string().check(
  z.refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === 'https:' && !url.username && !url.password && !url.search && !url.hash;
  }, 'not an https URL without user, query and fragment'),
);

const trustDomainSchema = z
  .string()
  .check(z.regex(/^[a-z0-9._-]{1,255}$/, 'not a trust domain; write it like prod.example.org, without spiffe://'));

/** The name of a claim. A slash leads into an object; `~1` is a slash in a name and `~0` a tilde, as in RFC 6901. */
const claimSchema = z
  .string()
  .check(z.regex(/^[^/\x00-\x1f]{1,256}(\/[^/\x00-\x1f]{1,256}){0,3}$/, 'not a claim; write it like sub or a/b'));

const patternSchema = z.string().check(
  z.minLength(1),
  z.maxLength(1024),
  z.refine((text) => !text.includes('**'), 'has two * in a row; one * stands for any text without / and :'),
  z.refine((text) => text.split('*').length <= 9, 'has more than eight *'),
);

const groupSchema = z.string().check(
  z.minLength(1),
  z.maxLength(256),
  z.refine((group) => !group.startsWith('system:'), 'must not begin with system:, which is reserved for Kubernetes'),
);

/** Machines of one kind, which log in with a token of their platform instead of a stored secret. */
export const workloadSchema = z
  .strictObject({
    name: nameSchema,
    issuer: z.optional(issuerSchema),
    serviceAccounts: z.optional(z.strictObject({ cluster: nameSchema })),
    spiffe: z.optional(z.strictObject({ trustDomain: trustDomainSchema })),
    audience: z
      .string()
      .check(z.regex(/^[\x21-\x7e]{1,512}$/, 'not an audience: visible ASCII characters, 512 at most')),
    jwksUri: z.nullish(
      outboundUrlSchema.check(
        z.refine((text) => text.startsWith('https:'), 'must begin with https, because its keys decide who may log in'),
      ),
    ),
    caFile: z.nullish(z.string()),
    match: z.record(
      claimSchema,
      z.union([patternSchema, z.boolean(), z.array(patternSchema).check(z.minLength(1), z.maxLength(100))], {
        error: 'not a text, true or false, or a list of texts; put numbers in quotes',
      }),
    ),
    user: z.string().check(
      z.minLength(1),
      z.maxLength(512),
      z.superRefine((text, context) => {
        const parsed = parseUserTemplate(text);
        if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
      }),
    ),
    groups: z._default(z.array(groupSchema).check(z.maxLength(100)), []),
    maxLifetime: z.pipe(
      z.prefault(durationSchema, '1h'),
      z.number().check(z.minimum(minuteMs, 'must be at least 1m'), z.maximum(dayMs, 'must be 24h at most')),
    ),
  })
  .check(
    z.superRefine((workload, context) => {
      for (const { path, message } of faultsOfWorkload(workload)) context.addIssue({ code: 'custom', path, message });
    }),
  );
export type WorkloadConfig = z.infer<typeof workloadSchema>;
