import * as z from 'zod/mini';

/** One fault of a configuration: its place and a message, never a value of the configuration. */
export const configFaultSchema = z.object({
  path: z.string(),
  message: z.string(),
  hint: z.optional(z.string()),
  code: z.optional(z.string()),
  suggestion: z.optional(z.string()),
  file: z.optional(z.string()),
  line: z.optional(z.number()),
  column: z.optional(z.number()),
});
