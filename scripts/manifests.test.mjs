// Compares the configuration of each overlay of k8s/ with that of the base, setting by setting, and with the manifests.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { root } from './bootstrap.mjs';

const textOf = (file) => readFileSync(path.join(root, 'k8s', file), 'utf8');
const read = (file) => parse(textOf(file));
const isMapping = (value) => typeof value === 'object' && value !== null;

/** Returns the settings of a configuration by their paths. */
function settingsOf(value, at = '') {
  if (!isMapping(value)) return [[at, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[at, value]];
  return entries.flatMap(([key, item]) => settingsOf(item, at === '' ? key : `${at}.${key}`));
}

function compare(base, overlay) {
  const [before, after] = [new Map(settingsOf(base)), new Map(settingsOf(overlay))];
  return {
    onlyInBase: [...before.keys()].filter((at) => !after.has(at)),
    onlyInOverlay: [...after.keys()].filter((at) => !before.has(at)),
    different: [...before.keys()].filter(
      (at) => after.has(at) && JSON.stringify(before.get(at)) !== JSON.stringify(after.get(at)),
    ),
  };
}

const called = ['authenticate', 'authorize', 'audit'];
/** What may differ, by overlay, and why. Everything else must be the same. */
const allowed = {
  tls: {
    // An overlay adds to the base. Whatever it leaves out is protection that its users lose unawares.
    onlyInBase: [],
    // Each service that others call gets a certificate, and the gateway the authority that verifies it.
    onlyInOverlay: called.flatMap((name) => ['certFile', 'tlsKeyFile', 'caFile'].map((at) => `services.${name}.${at}`)),
    // They are called by https.
    different: called.map((name) => `services.${name}.url`),
  },
};
const overlays = readdirSync(path.join(root, 'k8s/overlays'));

describe('the overlays in k8s', () => {
  it('are all compared', () => {
    expect(overlays).toEqual(Object.keys(allowed));
  });

  it.each(overlays.filter((name) => existsSync(path.join(root, 'k8s/overlays', name, 'sallyport.yaml'))))(
    'configure the same as the base, except where it says why: %s',
    (name) => {
      const found = compare(read('base/sallyport.yaml'), read(`overlays/${name}/sallyport.yaml`));
      const sorted = (lists) => Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, list.toSorted()]));
      expect(sorted(found)).toEqual(sorted(allowed[name]));
    },
  );

  it('would not pass without a setting of the base', () => {
    const { sessions, ...rest } = read('base/sallyport.yaml');
    const { encryption: _encryption, ...others } = sessions;
    expect(compare(read('base/sallyport.yaml'), { ...rest, sessions: others }).onlyInBase).toEqual([
      'sessions.encryption.keys.0.id',
      'sessions.encryption.keys.0.keyFile',
    ]);
  });
});

describe('the gateways', () => {
  it.each(['base', ...overlays])('reach each other at the port in the configuration: %s', (name) => {
    const at = name === 'base' ? name : `overlays/${name}`;
    const [, variable, port] = /^\$\{env:(\w+)\}:(\d+)$/.exec(read(`${at}/sallyport.yaml`).services.proxy.peer.address);
    const all = (file) => parseAllDocuments(textOf(`base/${file}`)).map((document) => document.toJS());
    for (const service of [...called, 'proxy'])
      expect(all(`${service}.yaml`)[0].spec.template.spec.containers[0].env).toContainEqual({
        name: variable,
        valueFrom: { fieldRef: { fieldPath: 'status.podIP' } },
      });
    expect(all('proxy.yaml')[0].spec.template.spec.containers[0].ports).toContainEqual({
      name: 'peer',
      containerPort: Number(port),
    });
    const { ingress, egress } = all('network-policies.yaml').find(({ metadata }) => metadata.name === 'proxy').spec;
    const gateways = [{ podSelector: { matchLabels: all('proxy.yaml')[0].spec.selector.matchLabels } }];
    expect(ingress).toContainEqual({ from: gateways, ports: [{ port: 'peer' }] });
    expect(egress).toContainEqual({ to: gateways, ports: [{ port: Number(port) }] });
  });
});

describe('the ConfigMaps of the services', () => {
  it.each(['base', ...overlays.map((name) => `overlays/${name}`)])('keep their names in %s', (directory) => {
    const generated = read(`${directory}/kustomization.yaml`).configMapGenerator ?? [];
    const ofServices = generated.filter(({ name }) => ['sallyport-config', 'sallyport-policy'].includes(name));
    expect(ofServices.length).toBeGreaterThan(0);
    expect(ofServices.map(({ options }) => options?.disableNameSuffixHash)).toEqual(ofServices.map(() => true));
  });

  it('mount whole, so that the kubelet can swap them', () => {
    for (const service of [...called, 'proxy'])
      expect(readFileSync(path.join(root, `k8s/base/${service}.yaml`), 'utf8')).not.toContain('subPath');
  });
});
