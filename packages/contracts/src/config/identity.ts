import { z } from 'zod';
import { nameSchema } from './address.ts';
import { providerSchema, type ProviderConfig } from './provider.ts';

const unique = (texts: readonly string[]) => new Set(texts).size === texts.length;

export const identitySectionSchema = z.strictObject({
  providers: z.array(providerSchema).default([])
    .refine((all) => unique(all.map((one) => one.id)), 'two providers have the same id')
    .refine((all) => unique(all.flatMap((one) => one.domains)), 'two providers claim the same domain'),
  /** Where people are sent who do not choose; without it they are asked. */
  defaultProvider: nameSchema.optional(),
}).refine(({ providers, defaultProvider }) => defaultProvider === undefined || providers.some(({ id }) => id === defaultProvider), {
  path: ['defaultProvider'], message: 'is none of the providers',
}).prefault({});

export { providerSchema, type ProviderConfig };
