import { readFile } from 'node:fs/promises';

/** What a cluster or a route says about policies, which does not make up how it is reached. */
const ofPolicies = new Set(['policy', 'policies', 'policyFile', 'namespaces', 'shadow', 'explain']);

/** Returns everything that makes up a cluster or a route, including the content of its files. What is equal is kept. */
export async function fingerprint(
  config: object,
  files: readonly (string | null | undefined)[],
  { resolvePath }: { resolvePath: (file: string) => string },
): Promise<string> {
  const text = async (file: string | null | undefined) =>
    file == null ? '' : readFile(resolvePath(file), 'utf8').catch(() => '');
  const rest = Object.entries(config).filter(([name]) => !ofPolicies.has(name));
  return JSON.stringify([rest, ...(await Promise.all(files.map(text)))]);
}
