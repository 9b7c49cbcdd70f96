import * as z from 'zod/mini';
import { durationSchema, sizeSchema } from './quantities.ts';
import { kafkaSchema } from './kafka.ts';
import { about } from '../text/about.ts';

const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/;

/** Where a copy of each checkpoint is kept, out of reach of whoever can change the trail. */
const anchorSchema = z.union([
  z.strictObject({ file: about('A file to which each checkpoint is appended as a line of JSON.', z.string()) }),
  z.strictObject({
    url: about(
      'An address to which each checkpoint is posted as JSON.',
      z
        .url({ protocol: /^https?$/ })
        .check(
          z.refine(
            (url) => url.startsWith('https:') || loopback.test(url),
            'must begin with https, except on this machine',
          ),
        ),
    ),
    tokenFile: about('A file with a token that is sent there as `Authorization: Bearer`.', z.optional(z.string())),
  }),
]);
export type AnchorConfig = z.infer<typeof anchorSchema>;

const checkpointsSchema = z.strictObject({
  keyFile: about(
    'The Ed25519 private key (PKCS #8 PEM) that signs them. Only the audit service needs it. Use it for nothing else.',
    z.string(),
  ),
  retiredKeys: about(
    'Files of the public keys (PEM) that signed earlier checkpoints. They are published together with the key in use.',
    z._default(z.array(z.string()), []),
  ),
  everyEvents: about(
    'After this many events, a checkpoint is signed at once.',
    z._default(z.int().check(z.positive()), 10_000),
  ),
  every: about('How often a checkpoint is signed, if there are new events.', z.prefault(durationSchema, '1m')),
  anchor: about(
    'A second place for the checkpoints, out of reach of whoever can change the trail. Each of them gets there at least once.',
    z.optional(anchorSchema),
  ),
});
export type CheckpointsConfig = z.infer<typeof checkpointsSchema>;

const unavailable = z.enum(['refuse', 'spool']);

/** Returns a schema for a moment: a time in RFC 3339, or a day, which begins at midnight UTC. */
const momentSchema = z.pipe(
  z.union(
    [z.iso.datetime({ offset: true }), z.iso.date()],
    'not a time; write it like 2026-11-01 or 2026-11-01T08:00:00Z',
  ),
  z.transform((text) => Date.parse(text)),
);

/** Times in milliseconds since the epoch. */
const legalHoldSchema = z
  .strictObject({
    name: about(
      'The name of the hold. It appears in logs and metrics.',
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$/, 'not a name of 1 to 100 letters, digits, spaces, or . _ -'),
        ),
    ),
    from: about('When it begins: a day or a time in RFC 3339. Whole days (UTC) are kept.', momentSchema),
    until: about('When it ends. Without it, the hold has no end.', z.optional(momentSchema)),
    reason: about('Why, for whoever reads the configuration.', z.optional(z.string().check(z.maxLength(500)))),
  })
  .check(
    z.refine(({ from, until }) => until === undefined || from < until, {
      path: ['until'],
      message: 'is not after from',
    }),
  );

const leastFileBytes = 16 * 1024 * 1024;

/** Where audit events are published and searched, and what happens while they cannot be written. */
export const auditSectionSchema = z.prefault(
  z.strictObject({
    kafka: about(
      'The Kafka topic to which events are published. Without it, a single process (sallyport serve) keeps them in files below data.',
      z.optional(
        z.union([
          z.strictObject({
            memory: about('Publish within this process only, for a laptop or a test.', z.literal(true)),
          }),
          kafkaSchema,
        ]),
      ),
    ),
    files: about(
      'The files in which events are kept without Kafka. They are deleted like events in the store, by retention and legalHolds.',
      z.prefault(
        z.strictObject({
          maxBytes: about(
            'Their maximum size together. The oldest are deleted first, whatever their age.',
            z.prefault(sizeSchema.check(z.refine((bytes) => bytes >= leastFileBytes, 'is less than 16MiB')), '10GiB'),
          ),
        }),
        {},
      ),
    ),
    store: about(
      'The store in which events are searched.',
      z.optional(
        z.union([
          z.strictObject({
            postgres: about(
              'The PostgreSQL database of the store: postgres://...',
              z.string().check(z.regex(/^postgres(ql)?:\/\//)),
            ),
          }),
          z.strictObject({
            embedded: about('A directory for a store within the process, for a laptop or a test.', z.string()),
          }),
        ]),
      ),
    ),
    keep: about(
      'The number of events of users and services that the embedded store keeps. The oldest are deleted first.',
      z._default(z.int().check(z.positive()), 100_000),
    ),
    keepAnonymous: about(
      'The number of events of anonymous callers that either store keeps in addition. The oldest are deleted first. Repetitions are one event with a count.',
      z._default(z.int().check(z.positive()), 10_000),
    ),
    retention: about(
      'Events older than this are deleted from the store, a whole day (UTC) at a time.',
      z.prefault(durationSchema, '90d'),
    ),
    legalHolds: about(
      'Times whose events are kept although `retention` has passed.',
      z._default(
        z
          .array(legalHoldSchema)
          .check(
            z.refine(
              (holds) => new Set(holds.map(({ name }) => name)).size === holds.length,
              'two holds have the same name',
            ),
          ),
        [],
      ),
    ),
    spool: about(
      'Disk space for events that cannot be published at once.',
      z.optional(
        z.strictObject({
          dir: about('Its directory.', z.string()),
          maxBytes: about('Its maximum size. When it is full, requests are refused.', z.prefault(sizeSchema, '1GiB')),
        }),
      ),
    ),
    whenUnavailable: about(
      'What happens to requests whose events cannot be written, by kind of request.',
      z.prefault(
        z.strictObject({
          write: about(
            'What happens to requests that change something while their events cannot be written: refuse answers 503, spool keeps the event on disk and publishes it later.',
            z._default(unavailable, 'refuse'),
          ),
          exec: about(
            'What happens to exec, attach, port-forward and similar requests while their events cannot be written: refuse answers 503, spool keeps the event on disk and publishes it later.',
            z._default(unavailable, 'refuse'),
          ),
          secretRead: about(
            'What happens to reads of secrets while their events cannot be written: refuse answers 503, spool keeps the event on disk and publishes it later.',
            z._default(unavailable, 'refuse'),
          ),
          read: about(
            'What happens to other reads while their events cannot be written: refuse answers 503, spool keeps the event on disk and publishes it later.',
            z._default(unavailable, 'spool'),
          ),
        }),
        {},
      ),
    ),
    omitStages: about(
      'Stages that have no event for reads, as in an audit policy of Kubernetes. Without it, a plain read has one event, which is written before the response begins. []: every request has both events. [RequestReceived]: reads have the last one only, and no response waits for it. Writes, exec and reads of secrets always have both events, and so has every request that must be recorded before it is sent to the cluster.',
      z.optional(z.array(z.literal('RequestReceived')).check(z.maxLength(1))),
    ),
    execCommand: about(
      'Whether events contain the command of an exec, and the names of the files that kubectl cp copies, in clear text, or as keyed hashes, which can be compared among the events of one person.',
      z._default(z.enum(['clear', 'hashed']), 'clear'),
    ),
    checkpoints: about(
      'Signed checkpoints of the audit trail. Without them, nothing shows if its end, or all events of a producer, are missing.',
      z.optional(checkpointsSchema),
    ),
  }),
  {},
);
export type AuditConfig = z.infer<typeof auditSectionSchema>;
