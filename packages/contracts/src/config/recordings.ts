import * as z from 'zod/mini';
import { durationSchema, sizeSchema } from './quantities.ts';
import { about } from '../text/about.ts';

/** What may be demanded of a session, the weakest first. */
export const recordDemands = ['off', 'optional', 'required'] as const;
export type RecordDemand = (typeof recordDemands)[number];

const demandSchema = z.enum(recordDemands);

/** A rule: `record` and a name, and beside them the body of a policy, whose faults the engine reports. */
const ruleSchema = z.looseObject({
  record: about(
    'What applies to sessions that the rule matches: required, optional or off. If several rules match, the strictest counts.',
    demandSchema,
  ),
  name: about('The name of the rule, shown instead of its position.', z.optional(z.string().check(z.minLength(1)))),
});

const s3Schema = z.strictObject({
  bucket: about('The name of the bucket.', z.string().check(z.minLength(1))),
  endpoint: about(
    'The address of the server. Without it, that of AWS for the region.',
    z.nullish(z.string().check(z.regex(/^https?:\/\/[^/]+\/?$/, 'must be an origin, such as https://s3.example.com'))),
  ),
  region: about('The region.', z._default(z.string().check(z.minLength(1)), 'us-east-1')),
  prefix: about(
    'What the names of all objects begin with, such as recordings/.',
    z._default(z.string().check(z.regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, 'must be like recordings/')), ''),
  ),
  accessKeyId: about(
    "The access key. Without it, the usual sources are used: the variables of AWS, a pod's identity, the machine's role.",
    z.nullish(z.string().check(z.minLength(1))),
  ),
  secretAccessKey: about('Its secret.', z.nullish(z.string().check(z.minLength(1)))),
  pathStyle: about(
    'Whether the bucket is in the path of the address, which servers other than AWS usually need. By default if there is an endpoint.',
    z.nullish(z.boolean()),
  ),
});
export type S3StoreConfig = z.infer<typeof s3Schema>;

const leastDiskBytes = 64 * 1024 * 1024;

/** Which sessions in containers are recorded, for whom they are sealed, and where they are kept. */
export const recordingsSchema = z.prefault(
  z
    .strictObject({
      default: about('What applies to sessions that no rule matches.', z._default(demandSchema, 'off')),
      recipients: about(
        'The public keys of those who can open recordings, in the format of age (age1...). The gateway cannot.',
        z
          ._default(
            z.array(z.string().check(z.regex(/^age1[02-9ac-hj-np-z]{58}$/, 'is not an X25519 public key of age'))),
            [],
          )
          .check(
            z.maxLength(20),
            z.refine((all) => new Set(all).size === all.length, 'names a key twice'),
          ),
      ),
      store: about(
        'Where recordings are kept.',
        z.optional(
          z.union([
            z.strictObject({
              dir: about('A directory that the gateway and the audit service share.', z.string().check(z.minLength(1))),
            }),
            z.strictObject({ s3: about('A bucket that speaks the protocol of S3.', s3Schema) }),
          ]),
        ),
      ),
      disk: about(
        "The gateway's own disk, where a recording is before it is in the store.",
        z.prefault(
          z.strictObject({
            dir: about('Its directory. By default recordings beside the spool.', z.nullish(z.string())),
            maxBytes: about(
              'Its maximum size. When it is full, required sessions are refused.',
              z.prefault(sizeSchema.check(z.refine((bytes) => bytes >= leastDiskBytes, 'is less than 64MiB')), '1GiB'),
            ),
          }),
          {},
        ),
      ),
      input: about(
        'Whether what people type is recorded too. A password that they type at a prompt is input.',
        z._default(z.boolean(), false),
      ),
      lostAfter: about(
        'How long a recording may show no sign of life before it is declared lost.',
        z.prefault(durationSchema.check(z.refine((ms) => ms >= 900_000, 'must be at least 15m')), '15m'),
      ),
      rules: about(
        'Rules in the policy language that say which sessions are recorded.',
        z._default(z.array(ruleSchema).check(z.maxLength(200)), []),
      ),
    })
    .check(
      z.superRefine(({ default: byDefault, rules, recipients, store }, context) => {
        if (byDefault === 'off' && rules.every(({ record }) => record === 'off')) return;
        if (recipients.length === 0)
          context.addIssue({
            code: 'custom',
            path: ['recipients'],
            message: 'is missing: name the public keys of those who may open recordings (age-keygen makes one)',
          });
        if (store === undefined)
          context.addIssue({ code: 'custom', path: ['store'], message: 'is missing: say where recordings are kept' });
      }),
    ),
  {},
);
export type RecordingsConfig = z.infer<typeof recordingsSchema>;

/** Reports whether anything can be recorded. */
export const recordsSessions = ({ default: byDefault, rules }: Pick<RecordingsConfig, 'default' | 'rules'>): boolean =>
  byDefault !== 'off' || rules.some(({ record }) => record !== 'off');
