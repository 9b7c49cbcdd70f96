// Holds the chart of the connector to what `sallyport cluster add --connector` makes: the same objects, field by field.
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith } from '../harness/index.ts';
import { differingFields } from './compare-objects.ts';
import { repository, type Manifest } from './manifests.ts';
import { renderConnectorChart } from './render-chart.ts';

const gatewayKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const url = 'https://gate.example.com:8443';
const ca = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';

/** What Helm does not make, and what says who made an object. */
const onlyOfCommand = ['Namespace sallyport', 'Secret sallyport-connector'];
const ofMaker = /^(metadata\.(labels|annotations|namespace)|spec\.template\.metadata\.annotations)/;

const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
const configOf = (objects: readonly Manifest[]) =>
  (objects.find(({ kind }) => kind === 'ConfigMap') as Manifest & { data: Record<string, string> }).data;

describeWith(['helm'], 'the chart of the connector', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-connector-chart-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  async function objectsOfCommand(...args: string[]): Promise<Manifest[]> {
    const file = path.join(directory, 'gate.crt');
    writeFileSync(file, ca);
    const ofGateway = ['--gateway', url, '--gateway-ca', file, '--gateway-public-key', gatewayKey];
    const program = path.join(repository, 'packages/cli/bin/sallyport.js');
    const command = [program, 'cluster', 'add', 'factory', '--connector', ...ofGateway, '-o', 'json', ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    return (JSON.parse(stdout) as { items: Manifest[] }).items;
  }
  const gateway = { url, publicKeys: [gatewayKey], ca };

  it.each([
    [[], {}],
    [
      ['--groups', 'developers,sre', '--allow-system', 'system:serviceaccount:ci:deployer'],
      { groups: ['developers', 'sre'], allowSystem: ['system:serviceaccount:ci:deployer'] },
    ],
    [
      ['--groups', 'sre', '--allow-system', 'system:serviceaccount:ci:*'],
      { groups: ['sre'], allowSystem: ['system:serviceaccount:ci:*'] },
    ],
  ])('makes the same objects as the command with %j', async (args, impersonate) => {
    const command = await objectsOfCommand(...args);
    const chart = await renderConnectorChart({ gateway, gatewayAccount: { impersonate } });
    expect(chart.map(nameOf).toSorted()).toEqual(
      command
        .map(nameOf)
        .filter((name) => !onlyOfCommand.includes(name))
        .toSorted(),
    );
    for (const object of chart.filter(({ kind }) => kind !== 'ConfigMap')) {
      const other = command.find((one) => nameOf(one) === nameOf(object))!;
      const differing = differingFields(object, other).filter((field) => !ofMaker.test(field));
      expect([nameOf(object), differing]).toEqual([nameOf(object), []]);
    }
    const [ofChart, ofCommand] = [configOf(chart), configOf(command)];
    expect(parse(ofChart['connector.yaml']!)).toEqual(parse(ofCommand['connector.yaml']!));
    expect(ofChart['gateway-ca.crt']).toBe(ofCommand['gateway-ca.crt']);
  });

  it('gives no right and no credential to a connector that asks for no tokens', async () => {
    const objects = await renderConnectorChart({
      gateway,
      gatewayAccount: { enabled: false },
      reach: ['scada.plant:80'],
    });
    expect(objects.map(nameOf).toSorted()).toEqual([
      'ConfigMap sallyport-connector',
      'Deployment sallyport-connector',
      'NetworkPolicy sallyport-connector',
      'PodDisruptionBudget sallyport-connector',
      'ServiceAccount sallyport-connector',
    ]);
    expect(objects.find(({ kind }) => kind === 'Deployment')).toMatchObject({
      spec: { template: { spec: { automountServiceAccountToken: false } } },
    });
    expect(parse(configOf(objects)['connector.yaml']!)).toMatchObject({ token: null, reach: ['scada.plant:80'] });
  });

  it.each([
    [{ publicKeys: [gatewayKey] }, 'gateway.url is missing'],
    [{ url }, 'gateway.publicKeys is missing'],
  ])('says what is missing: %j', async (given, words) => {
    await expect(renderConnectorChart({ gateway: given })).rejects.toThrow(words);
  });
});
