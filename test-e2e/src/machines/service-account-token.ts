import type { Cluster } from '@sallyport/bed';

/** Has a cluster issue a token of the ServiceAccount `default` of a namespace. */
export async function serviceAccountToken(
  { admin }: Pick<Cluster, 'admin'>,
  namespace: string,
  ...audiences: string[]
): Promise<string> {
  const asked = audiences.map((audience) => `--audience=${audience}`);
  return (await admin.kubectl(['create', 'token', 'default', '-n', namespace, '--duration', '10m', ...asked])).trim();
}
