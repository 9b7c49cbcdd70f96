import * as z from 'zod/mini';
import { about } from '../text/about.ts';

/** One fault of a configuration: its place and a message, never a value of the configuration. */
export const configFaultSchema = z.object({
  path: about('The place in the configuration.', z.string()),
  message: about('What is wrong. Never contains a value of the configuration.', z.string()),
  hint: about('What to do about it.', z.optional(z.string())),
  code: about('Identifies the kind of fault.', z.optional(z.string())),
  suggestion: about('What was probably meant.', z.optional(z.string())),
  file: about('The file.', z.optional(z.string())),
  line: about('The line in the file.', z.optional(z.number())),
  column: about('The column in the file.', z.optional(z.number())),
});
