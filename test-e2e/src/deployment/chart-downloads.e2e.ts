import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith } from '../harness/index.ts';
import { renderChart, valuesOfManifests, type ChartValues } from './render-chart.ts';

type Config = { gateway: { caFile?: string }; downloads?: object };

/** Returns what the chart tells a service of the gateway's CA and of downloads. */
async function told(service: string, values: ChartValues) {
  const objects = await renderChart({ ...valuesOfManifests, ...values });
  const config = objects.find((one) => one.kind === 'ConfigMap' && one.metadata.name === 'sallyport-config');
  const { gateway, downloads } = parse(config!.data![`${service}.yaml`]!) as Config;
  const tls = objects.find((one) => one.kind === 'Deployment' && one.metadata.name === 'sallyport-proxy')!
    .spec as unknown as { template: { spec: { volumes: { name: string; secret?: { items: object[] } }[] } } };
  const mounted = tls.template.spec.volumes.find(({ name }) => name === 'gateway-tls')!.secret!.items;
  return { caFile: gateway.caFile, downloads, mounted: mounted.length };
}

const url = 'https://gate.example.com';
const caFile = '/etc/sallyport/gateway-tls/ca.crt';
const directory = '/app/downloads';

describeWith(['helm'], 'the chart', () => {
  it('offers the npm package of the image, or what the values name', async () => {
    expect(await told('proxy', {})).toEqual({ caFile: undefined, downloads: { directory }, mounted: 2 });
    const elsewhere = { url: 'https://files.example.com/sallyport' };
    expect(await told('proxy', { downloads: elsewhere })).toMatchObject({ downloads: elsewhere });
  });

  it('names the CA that a Job makes, or that is in the Secret', async () => {
    const named = { url, tls: { secretName: 'sallyport-gateway-tls', caKey: 'ca.crt' } };
    for (const gateway of [named, { url, tls: { secretName: '' } }])
      expect(await told('proxy', { gateway })).toEqual({ caFile, downloads: { directory }, mounted: 3 });
  });

  it('tells no other service of them', async () => {
    const gateway = { url, tls: { secretName: 'sallyport-gateway-tls', caKey: 'ca.crt' } };
    for (const service of ['authenticate', 'authorize', 'audit'])
      expect(await told(service, { gateway })).toMatchObject({ caFile: undefined, downloads: undefined });
  });
});
