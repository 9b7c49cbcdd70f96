import { readIfThere } from '../home/home.ts';

/** An entry of a kubeconfig. Nothing in it has been checked. */
type Named = {
  name?: unknown;
  context?: { cluster?: unknown; user?: unknown; namespace?: unknown } | null;
  cluster?: { server?: unknown } | null;
  user?: { exec?: { apiVersion?: unknown; command?: unknown; args?: unknown } | null } | null;
};
type Section = 'contexts' | 'clusters' | 'users';

/** What a kubeconfig has of interest here. `fault` says why a file cannot be used. */
export type Kubeconfig = { file: string; currentContext?: unknown; fault?: string } & Record<Section, Named[]>;

const none = { contexts: [], clusters: [], users: [] };
const items = (list: unknown): Named[] =>
  Array.isArray(list) ? list.filter((one): one is Named => typeof one === 'object' && one !== null) : [];

function readText(file: string): { text: string } | { fault: string } {
  try {
    return { text: readIfThere(file) ?? '' };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

/** Reads kubeconfigs. One that cannot be used counts as empty: kubectl itself reports what is wrong with it. */
export async function readKubeconfigs(files: readonly string[]): Promise<Kubeconfig[]> {
  const texts = files.map((file) => ({ file, ...readText(file) }));
  const empty = ({ file, ...read }: (typeof texts)[number]): Kubeconfig => ({
    file,
    ...none,
    ...('fault' in read ? { fault: read.fault } : {}),
  });
  // The parser takes time to load, and most commands run without a kubeconfig or with a single one.
  if (texts.every((one) => !('text' in one) || one.text === '')) return texts.map(empty);
  const { parseDocument } = await import('yaml');
  return texts.map((one): Kubeconfig => {
    if (!('text' in one) || one.text === '') return empty(one);
    const { file } = one;
    const notYaml = { file, ...none, fault: `${file} is not YAML` };
    try {
      const document = parseDocument(one.text, { prettyErrors: false });
      if (document.errors.length > 0) return notYaml;
      const data = (document.toJS({ maxAliasCount: 100 }) ?? {}) as Record<string, unknown>;
      const { contexts, clusters, users, 'current-context': currentContext } = data;
      return { file, currentContext, contexts: items(contexts), clusters: items(clusters), users: items(users) };
    } catch {
      return notYaml;
    }
  });
}

/** Returns the entry of this name. If several files have one, the first counts, as for kubectl. */
export function namedIn(
  read: readonly Kubeconfig[],
  section: Section,
  name: unknown,
): (Named & { file: string }) | undefined {
  for (const one of read) {
    const found = one[section].find((entry) => entry.name === name);
    if (found !== undefined) return { ...found, file: one.file };
  }
  return undefined;
}
