import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import type { Manifest } from './manifests.ts';
import { renderChart, valuesOfManifests, type ChartValues } from './render-chart.ts';

const connector = (name: string) => {
  const { publicKey } = generateKeyPairSync('ed25519');
  return { name, publicKeys: [publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] };
};
const connectors = [connector('factory')];
const render = (changes: ChartValues) => renderChart({ ...valuesOfManifests, ...changes });
const withPort = (objects: readonly Manifest[]) =>
  objects
    .filter((one) => JSON.stringify(one).includes('8444'))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .toSorted();

describeWith(['helm'], 'the chart of a gateway with connectors', () => {
  it('has a port for its pods to reach each other, and for no one else', async () => {
    const objects = await render({ connectors });
    expect(withPort(objects)).toEqual([
      'ConfigMap sallyport-config',
      'Deployment sallyport-proxy',
      'NetworkPolicy sallyport-proxy',
    ]);
    const { spec } = objects.find(
      ({ kind, metadata }) => `${kind} ${metadata.name}` === 'NetworkPolicy sallyport-proxy',
    )!;
    const gateways = [{ podSelector: { matchLabels: (spec!['podSelector'] as { matchLabels: object }).matchLabels } }];
    expect(spec!['ingress']).toContainEqual({ ports: [{ port: 'peer' }], from: gateways });
    expect(spec!['egress']).toContainEqual({ ports: [{ protocol: 'TCP', port: 8444 }], to: gateways });
  });

  it.each<[string, ChartValues]>([
    ['without connectors', valuesOfManifests],
    ['with one pod', { ...valuesOfManifests, connectors, proxy: { replicas: 1 } }],
    ['with all services in one process', { ...valuesOfManifests, connectors, mode: 'single' }],
    ['for an evaluation', { connectors, evaluation: true }],
  ])('has no such port %s', async (_what, values) => {
    expect(withPort(await renderChart(values))).toEqual([]);
  });

  it('restarts no pod when a connector is added to others', async () => {
    const templates = async (...names: string[]) =>
      (await render({ connectors: names.map(connector) }))
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ spec }) => spec!.template);
    expect(await templates('factory', 'plant')).toEqual(await templates('factory'));
  });
});
