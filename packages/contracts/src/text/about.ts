import { en } from 'zod/locales';
import * as z from 'zod/mini';

// zod/mini describes faults only in a language that it is given. It is given here, because every setting comes from here.
z.config(en());

/**
 * Gives a member the sentence that its JSON Schema, the chart and the documentation show. Parsing takes no longer for
 * it.
 */
export function about<T extends z.ZodMiniType>(sentence: string, schema: T): T {
  const described = schema.clone(undefined, { parent: true });
  z.globalRegistry.add(described, { description: sentence });
  return described;
}
