import { stringify } from 'yaml';
import type { ImpersonateSettings } from './cluster-role.ts';

/** An entry of `clusters` in sallyport.yaml. */
export type ClusterEntry = {
  name: string;
  server: string;
  caFile?: string;
  serverName?: string;
  tokenFile: string;
  impersonate: { groups: readonly string[]; allowSystem?: readonly string[] };
  policy: never[];
};

/** Returns the names of the files that belong to a cluster. */
export const clusterFiles = (name: string) => ({ entry: `${name}.yaml`, ca: `${name}-ca.crt`, token: `${name}-token` });

/** Returns the entry of a cluster. Its policy allows nothing yet. */
export function clusterEntry(options: {
  name: string;
  server: string;
  caFile: string | undefined;
  serverName: string | undefined;
  tokenFile: string;
  impersonate: ImpersonateSettings['impersonate'];
}): ClusterEntry {
  const { name, server, caFile, serverName, tokenFile, impersonate } = options;
  const { groups, allowSystem } = impersonate;
  return {
    name,
    server,
    ...(caFile === undefined ? {} : { caFile }),
    ...(serverName === undefined ? {} : { serverName }),
    tokenFile,
    impersonate: { groups, ...(allowSystem.length === 0 ? {} : { allowSystem }) },
    policy: [],
  };
}

/** Renders the entry as it is pasted into sallyport.yaml. */
export function entryText(entry: ClusterEntry): string {
  return `# Add this to clusters in sallyport.yaml. Its policy allows nothing until you write rules.\n${stringify({ clusters: [entry] }, { lineWidth: 0 })}`;
}
