import { httpRequestOnce, theBed } from '../harness/index.ts';

/** Returns how many connections the gateways in a namespace opened through a connector, by their result. */
export async function dialsThrough(namespace: string, connector: string): Promise<Record<string, number>> {
  const selected = ['get', 'pods', '-n', namespace, '-l', 'app.kubernetes.io/component=proxy'];
  const addresses = await theBed().cluster!.admin.kubectl([...selected, '-o', 'jsonpath={.items[*].status.podIP}']);
  const counts: Record<string, number> = {};
  const line = new RegExp(
    `^sallyport_connector_dials_total\\{connector="${connector}",result="([^"]+)"\\} (\\d+)$`,
    'gm',
  );
  for (const address of addresses.split(' ').filter(Boolean)) {
    // A pod that has just been stopped has an address for a moment.
    const metrics = await httpRequestOnce(`http://${address}:9183/metrics`).catch(() => undefined);
    for (const [, result, count] of metrics?.text.matchAll(line) ?? [])
      counts[result!] = (counts[result!] ?? 0) + Number(count);
  }
  return counts;
}
