import path from 'node:path';
import type { ConfigFault } from '../config/gateway-config.ts';
import type { Environment } from '../environment/environment.ts';

/** Something that the services still need before they start with the result. */
export type Missing = Pick<ConfigFault, 'path' | 'message' | 'hint'>;

/**
 * Returns everything that keeps the services from starting with the result of an import: what `config check` would
 * report, with sample values for references that cannot be read yet. `text` is the result, `filled` the same with the
 * samples.
 */
export async function findMissing(
  result: { text: string; filled: string; file: string },
  env: Environment['env'],
): Promise<Missing[]> {
  const { examineConfig, readConfig, serviceChecks } = await import('../config/gateway-config.ts');
  const { text, filled, file } = result;
  const loaded = readConfig(filled, file, {});
  const found = [
    ...examineConfig(text, file, env).faults,
    ...Object.values(serviceChecks).flatMap(({ ofConfig }) => ofConfig(loaded)),
  ];
  const missing = found.map(({ path: at, message, hint, file: other }) => ({
    path: other === undefined ? at : path.basename(other),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [...new Map(missing.map((one) => [JSON.stringify(one), one])).values()].toSorted((a, b) =>
    a.path < b.path ? -1 : Number(a.path > b.path),
  );
}
