import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { dayMs, minuteMs } from '../text/duration.ts';
import { durationSchema } from './quantities.ts';
import { outboundUrlSchema } from './outbound-url.ts';
import { parseUserTemplate } from './user-template.ts';
import { faultsOfWorkload } from './workload-faults.ts';
import { about } from '../text/about.ts';

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
    name: about('A name for the workload. It becomes part of its identity and of the audit trail.', nameSchema),
    issuer: about('The issuer of the tokens, exactly as their claim iss has it.', z.optional(issuerSchema)),
    serviceAccounts: about(
      'Instead of an issuer: the ServiceAccounts of a cluster behind this gateway.',
      z.optional(
        z.strictObject({
          cluster: about(
            'The name of the cluster. The gateway asks it for its issuer and its keys, with its own account.',
            nameSchema,
          ),
        }),
      ),
    ),
    spiffe: about(
      'Instead of an issuer: the JWT-SVIDs of a SPIFFE trust domain.',
      z.optional(
        z.strictObject({ trustDomain: about('The name of the trust domain, without spiffe://.', trustDomainSchema) }),
      ),
    ),
    audience: about(
      'The audience of the tokens. A token must have exactly this one, and no other besides.',
      z.string().check(z.regex(/^[\x21-\x7e]{1,512}$/, 'not an audience: visible ASCII characters, 512 at most')),
    ),
    jwksUri: about(
      "The address of the issuer's keys. Without it, the address is taken from the issuer's metadata (/.well-known/openid-configuration).",
      z.nullish(
        outboundUrlSchema.check(
          z.refine(
            (text) => text.startsWith('https:'),
            'must begin with https, because its keys decide who may log in',
          ),
        ),
      ),
    ),
    caFile: about(
      "The CA of the issuer's server, PEM. Without it, the CAs that Node.js trusts.",
      z.nullish(z.string()),
    ),
    match: about(
      'What the claims of a token must be: a text in which * stands for any text without / and :, a list of such texts, or true or false. All must match. A slash in the name of a claim leads into an object.',
      z.record(
        claimSchema,
        z.union([patternSchema, z.boolean(), z.array(patternSchema).check(z.minLength(1), z.maxLength(100))], {
          error: 'not a text, true or false, or a list of texts; put numbers in quotes',
        }),
      ),
    ),
    user: about(
      'The user name, with claims in double braces: ci:{{repository}}. It must begin with a prefix that ends in a colon, and no person may have a name that begins with it.',
      z.string().check(
        z.minLength(1),
        z.maxLength(512),
        z.superRefine((text, context) => {
          const parsed = parseUserTemplate(text);
          if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
        }),
      ),
    ),
    groups: about('The groups of the workload.', z._default(z.array(groupSchema).check(z.maxLength(100)), [])),
    maxLifetime: about(
      'How long a token is accepted after it was issued, 24h at most.',
      z.pipe(
        z.prefault(durationSchema, '1h'),
        z.number().check(z.minimum(minuteMs, 'must be at least 1m'), z.maximum(dayMs, 'must be 24h at most')),
      ),
    ),
  })
  .check(
    z.superRefine((workload, context) => {
      for (const { path, message } of faultsOfWorkload(workload)) context.addIssue({ code: 'custom', path, message });
    }),
  );
export type WorkloadConfig = z.infer<typeof workloadSchema>;
