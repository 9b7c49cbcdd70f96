import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { directorySchema, faultsOfGroupSources } from './directory.ts';
import { providerSchema } from './provider.ts';
import { about } from '../text/about.ts';

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const identitySectionSchema = z.prefault(
  z
    .strictObject({
      providers: about(
        'The identity providers that users log in with. docs/providers.md has examples for the common ones.',
        z._default(z.array(providerSchema), []).check(
          z.refine((all) => unique(all.map((one) => one.id)), 'two providers have the same id'),
          z.refine((all) => unique(all.flatMap((one) => one.domains)), 'two providers claim the same domain'),
        ),
      ),
      defaultProvider: about(
        'The provider for users who do not choose one. If unset, they are asked to choose.',
        z.optional(nameSchema),
      ),
      directory: about('Users and groups from sources other than the token of a login.', directorySchema),
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
