import { z } from 'zod';
import { nameSchema } from './address.ts';
import { directorySchema, faultsOfGroupSources } from './directory.ts';
import { providerSchema } from './provider.ts';

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const identitySectionSchema = z
  .strictObject({
    providers: z
      .array(providerSchema)
      .default([])
      .refine((all) => unique(all.map((one) => one.id)), 'two providers have the same id')
      .refine((all) => unique(all.flatMap((one) => one.domains)), 'two providers claim the same domain'),
    /** The provider for users who do not choose one. Without it they are asked to choose. */
    defaultProvider: nameSchema.optional(),
    /** Sources of users and groups other than the token of a login. */
    directory: directorySchema,
  })
  .refine(
    ({ providers, defaultProvider }) =>
      defaultProvider === undefined || providers.some(({ id }) => id === defaultProvider),
    {
      path: ['defaultProvider'],
      message: 'is not the id of a provider',
    },
  )
  .superRefine((identity, context) => {
    for (const { path, message } of faultsOfGroupSources(identity)) context.addIssue({ code: 'custom', path, message });
  })
  .prefault({});
