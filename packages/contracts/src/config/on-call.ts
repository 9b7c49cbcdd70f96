import { z } from 'zod';
import { nameSchema } from './address.ts';
import { durationSchema } from './duration.ts';
import { outboundUrlSchema, overNetwork, refuseClear } from './outbound-url.ts';

const [secondMs, hourMs] = [1000, 3_600_000];
const defaults = { refresh: 30 * secondMs, maxStale: 300 * secondMs };

/** The value of the header `Authorization`. The message of a fault does not contain it. */
const authorizationSchema = z
  .string()
  .max(8192)
  .regex(
    /^[!-~]+( [!-~]+)*$/,
    'is not the value of a header: one line of visible ASCII characters, such as Bearer TOKEN',
  );

const ofHook = ['authorization', 'refresh', 'maxStale', 'caFile'] as const;

/** Who is on call, from a file or from a server that is asked again and again. */
export const onCallListSchema = z
  .strictObject({
    name: nameSchema,
    file: z.string().min(1).nullish(),
    url: outboundUrlSchema.nullish(),
    authorization: authorizationSchema.nullish(),
    refresh: durationSchema
      .refine((ms) => ms >= secondMs && ms <= hourMs, 'must be between one second and one hour')
      .nullish(),
    maxStale: durationSchema.refine((ms) => ms <= 24 * hourMs, 'must be 24 hours at most').nullish(),
    ...overNetwork,
  })
  .superRefine((list, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const { file, url, allowInsecure } = list;
    if (file == null && url == null) fault('file', 'is missing: give a file, or the url of a server');
    if (file != null && url != null) fault('url', 'is of no use with a file; remove one of the two');
    if (url == null) {
      if (file != null) for (const name of ofHook) if (list[name] != null) fault(name, 'is of no use with a file');
      return;
    }
    refuseClear({ url, allowInsecure }, context);
    const { refresh, maxStale } = { ...defaults, ...given(list) };
    if (maxStale < refresh) fault('maxStale', 'must not be shorter than refresh: the list would be unknown in between');
  })
  .transform((list) => ({ ...list, ...defaults, ...given(list) }));
export type OnCallConfig = z.infer<typeof onCallListSchema>;

const given = ({
  refresh,
  maxStale,
}: {
  refresh?: number | null | undefined;
  maxStale?: number | null | undefined;
}) => ({
  ...(refresh == null ? {} : { refresh }),
  ...(maxStale == null ? {} : { maxStale }),
});
