import type * as z from 'zod/mini';
import { CliError } from '../terminal/cli-error.ts';

/** Parses an answer. If that fails, the server is not a Sallyport gateway, or has another version. */
export function readAnswer<T>(schema: z.ZodMiniType<T>, body: unknown, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new CliError(
    'unreachable',
    `the gateway's answer for ${what} has an unexpected format${where === '' ? '' : ` (at ${where})`}`,
    'Check that this is the address of a Sallyport gateway, and that this program has the same version.',
  );
}
