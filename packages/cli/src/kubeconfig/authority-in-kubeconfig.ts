import path from 'node:path';
import { authorityFrom, readAuthority } from '../home/known-gateways.ts';
import { readIfThere } from '../home/home.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';

type ClusterItem = {
  cluster?: { server?: unknown; 'certificate-authority-data'?: unknown; 'certificate-authority'?: unknown } | null;
} | null;

function clustersIn(data: unknown): ClusterItem[] {
  const clusters = typeof data === 'object' && data !== null ? (data as { clusters?: unknown }).clusters : undefined;
  return Array.isArray(clusters) ? (clusters as ClusterItem[]) : [];
}

const isAt = (server: unknown, origin: string) =>
  typeof server === 'string' && URL.canParse(server) && new URL(server).origin === origin;

function authorityOf(item: ClusterItem, file: string): string | undefined {
  const { 'certificate-authority-data': data, 'certificate-authority': named } = item?.cluster ?? {};
  if (typeof data === 'string' && data !== '')
    return authorityFrom(Buffer.from(data, 'base64').toString('latin1'), file);
  return typeof named === 'string' && named !== '' ? readAuthority(path.resolve(path.dirname(file), named)) : undefined;
}

/** Returns the CA that the kubeconfigs name for a gateway. kubectl already trusts it for the same address. */
export async function authorityInKubeconfig(
  files: readonly string[],
  address: GatewayAddress,
): Promise<string | undefined> {
  const { parseDocument } = await import('yaml');
  for (const file of files) {
    try {
      const document = parseDocument(readIfThere(file) ?? '', { prettyErrors: false });
      for (const item of clustersIn(document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }))) {
        const pem = isAt(item?.cluster?.server, address.origin) ? authorityOf(item, file) : undefined;
        if (pem !== undefined) return pem;
      }
    } catch {
      /* kubectl itself reports what is wrong with this kubeconfig */
    }
  }
  return undefined;
}
