import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { directorySchema, faultsOfGroupSources } from './directory.ts';
import { providerSchema } from './provider.ts';

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const identitySectionSchema = z.prefault(
  z
    .strictObject({
      providers: z._default(z.array(providerSchema), []).check(
        z.refine((all) => unique(all.map((one) => one.id)), 'two providers have the same id'),
        z.refine((all) => unique(all.flatMap((one) => one.domains)), 'two providers claim the same domain'),
      ),
      /** The provider for users who do not choose one. Without it they are asked to choose. */
      defaultProvider: z.optional(nameSchema),
      /** Sources of users and groups other than the token of a login. */
      directory: directorySchema,
    })
    .check(
      z.refine(
        ({ providers, defaultProvider }) =>
          defaultProvider === undefined || providers.some(({ id }) => id === defaultProvider),
        {
          path: ['defaultProvider'],
          message: 'is not the id of a provider',
        },
      ),
      z.superRefine((identity, context) => {
        for (const { path, message } of faultsOfGroupSources(identity))
          context.addIssue({ code: 'custom', path, message });
      }),
    ),
  {},
);
