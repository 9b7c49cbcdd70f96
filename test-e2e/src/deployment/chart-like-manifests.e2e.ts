// Holds the chart to the manifests in k8s/: the same objects, field by field, except what is listed here with its reason.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith } from '../harness/index.ts';
import { differingFields } from './compare-objects.ts';
import { renderManifests, type Manifest } from './manifests.ts';
import { renderChart, valuesOfManifests } from './render-chart.ts';

const services = ['authenticate', 'authorize', 'audit', 'proxy'];

/** Objects of the chart have the name of the release in front, so that a namespace can have two releases. */
const withRelease = new Set(['Deployment', 'Service', 'NetworkPolicy', 'PodDisruptionBudget']);
const nameInChart = ({ kind, metadata: { name } }: Manifest) => (withRelease.has(kind) ? `sallyport-${name}` : name);

const onlyInManifests: Record<string, string> = {
  'Namespace sallyport': 'Helm creates namespaces (--create-namespace), and labels none.',
  'ConfigMap sallyport-placeholders': "The chart gives each service a configuration without the others' secrets.",
};

const labels = /^metadata\.(labels|namespace)/;
/** What may differ by kind, and why. */
const mayDiffer: Record<string, [RegExp, string][]> = {
  Deployment: [
    [/^spec\.(selector|template\.metadata\.labels)/, 'The label of the release, which selects only its own pods.'],
    [/^spec\.template\.spec\.topologySpreadConstraints/, 'The same label.'],
    [/^spec\.template\.metadata\.annotations/, 'A setting that is read only at the start restarts the pods.'],
    [/^spec\.strategy\.type$/, 'The default, written out, because an evaluation has another one.'],
    [
      /containers\[\w+\]\.env\[POD_IP\]/,
      'The one configuration of all services names it, but only the gateway uses it.',
    ],
    [/containers\[\w+\]\.image(PullPolicy)?$/, 'Values.'],
    [/containers\[\w+\]\.env\[SALLYPORT_LOG_LEVEL\]/, 'A value.'],
    [
      /volumes\[config\]/,
      'Each service has only its own entry of the ConfigMap, and those that decide have the policy.',
    ],
    [
      /(volumes|volumeMounts)\[secrets\]/,
      'There are no placeholders, and the file of a client secret names its provider.',
    ],
    [/volumes\[gateway-tls\]/, 'Only the certificate and its key, not the authority of an issuer.'],
  ],
  Service: [[/^spec\.selector/, 'The label of the release.']],
  PodDisruptionBudget: [[/^spec\.selector/, 'The label of the release.']],
  NetworkPolicy: [
    [/^spec\.podSelector/, "The label of the release. Other pods of the namespace are the operator's."],
    [/^spec\.(ingress|egress)\[\]/, 'The same label, and the pod of `helm test`. See the test of the connections.'],
  ],
  ConfigMap: [[/^data/, 'See the tests of the configuration and the policy.']],
};

/** The name of an object without the hash that kustomize adds. */
const only = (object: Manifest) => `${object.kind} ${object.metadata.name.replace(/-[a-z0-9]{10}$/, '')}`;

type Rule = { ports?: unknown[]; [field: string]: unknown };
/** Returns one rule for each port, which means the same as one rule for several. */
const perPort = (rules: unknown) =>
  (rules as Rule[] | undefined)?.flatMap((rule) => rule.ports?.map((port) => ({ ...rule, ports: [port] })) ?? [rule]);

describeWith(['kubectl', 'helm'], 'the chart and the manifests', () => {
  let manifests: Manifest[];
  let chart: Manifest[];
  beforeAll(async () => {
    manifests = await renderManifests('k8s');
    // With connectors, because the manifests are ready for them.
    chart = await renderChart({ ...valuesOfManifests, connectors: [{ name: 'factory', publicKeys: ['MCow'] }] });
  });
  const inChart = (object: Manifest) =>
    chart.find(({ kind, metadata: { name } }) => kind === object.kind && name === nameInChart(object));
  const configOf = (service: string) =>
    parse(chart.find(({ metadata: { name } }) => name === 'sallyport-config')!.data![`${service}.yaml`]!) as Manifest;
  const textOf = (name: string, file: string) =>
    manifests.find((one) => one.kind === 'ConfigMap' && one.metadata.name === name)!.data![file]!;

  it('have the same objects', () => {
    expect(manifests.filter((one) => !inChart(one)).map(only)).toEqual(Object.keys(onlyInManifests));
    const known = new Set(manifests.map((one) => `${one.kind} ${nameInChart(one)}`));
    expect(chart.map(only).filter((one) => !known.has(one))).toEqual([]);
  });

  it('have the same fields in them, except where it says why', () => {
    const found = manifests.flatMap((object) => {
      const other = inChart(object);
      if (!other) return [];
      const renamed = { ...other, metadata: { ...other.metadata, name: object.metadata.name } };
      return differingFields(object, renamed)
        .filter((at) => !labels.test(at) && !(mayDiffer[object.kind] ?? []).some(([pattern]) => pattern.test(at)))
        .map((at) => `${only(object)}: ${at}`);
    });
    expect(found).toEqual([]);
  });

  it('use every exception', () => {
    const used = new Set(
      manifests.flatMap((object) => {
        const other = inChart(object);
        return other ? differingFields(object, other).map((at) => [object.kind, at] as const) : [];
      }),
    );
    for (const [kind, exceptions] of Object.entries(mayDiffer))
      for (const [pattern] of exceptions)
        expect([`${kind} ${pattern}`, [...used].some(([of, at]) => of === kind && pattern.test(at))]).toEqual([
          `${kind} ${pattern}`,
          true,
        ]);
  });

  it('have the same policy', () => {
    const policy = chart.find(({ metadata: { name } }) => name === 'sallyport-policy')!.data!['policy.yaml']!;
    expect(parse(policy)).toEqual(parse(textOf('sallyport-policy', 'policy.yaml')));
  });

  describe('configure the same', () => {
    /** Sections that a service does not read, so that it needs no secret in them. */
    const unread: Record<string, RegExp> = {
      authenticate: /^(clusters|api|recordings|downloads|audit\.(store|checkpoints)|services\.proxy\.peer)/,
      authorize:
        /^(identity|recordings|downloads|audit\.(store|checkpoints)|sessions\.encryption|services\.proxy\.peer)/,
      audit: /^(identity|recordings|sessions|api|downloads|audit\.spool|clusters.*policyFile|services\.proxy\.peer)/,
      proxy: /^(identity|sessions|audit\.(store|checkpoints))/,
    };
    it.each(services)('for %s, except for what it does not read', (service) => {
      const base = parse(textOf('sallyport-config', 'sallyport.yaml')) as Manifest;
      // Names of Services have the name of the release in front.
      const text = JSON.stringify(configOf(service))
        .replaceAll('://sallyport-', '://')
        .replaceAll('/oidc-corp', '/oidc-client-secret');
      const { connectors: _connectors, ...other } = JSON.parse(text) as Manifest;
      expect(differingFields(base, other).filter((at) => !unread[service]!.test(at))).toEqual([]);
      const reads = differingFields(base, other).filter((at) => unread[service]!.test(at));
      expect(reads.length).toBeGreaterThan(0);
    });
  });

  it('allow the same connections, in the chart also from the pod of `helm test`', () => {
    const release = '"app.kubernetes.io/instance":"sallyport"';
    const withoutRelease = (object: Manifest) =>
      JSON.parse(JSON.stringify(object).replaceAll(`${release},`, '').replaceAll(`,${release}`, '')) as Manifest;
    const isTest = (peer: unknown) => JSON.stringify(peer).includes('"app.kubernetes.io/component":"test"');
    const connections = ({ metadata, spec }: Manifest): Manifest => ({
      apiVersion: '',
      kind: '',
      metadata: { name: metadata.name.replace('sallyport-', '') },
      spec: {
        egress: perPort(spec?.['egress']),
        ingress: perPort(spec?.['ingress'])?.map((rule) =>
          Array.isArray(rule['from']) ? { ...rule, from: rule['from'].filter((peer) => !isTest(peer)) } : rule,
        ),
        policyTypes: spec?.['policyTypes'],
      },
    });
    for (const object of manifests.filter(({ kind }) => kind === 'NetworkPolicy')) {
      const other = connections(withoutRelease(inChart(object)!));
      expect([object.metadata.name, differingFields(connections(object), other)]).toEqual([object.metadata.name, []]);
    }
  });
});
