// Compares the volumes of the spools in k8s/ and docker-compose.yml with the configuration.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { root } from './bootstrap.mjs';

const textOf = (file) => readFileSync(path.join(root, file), 'utf8');

describe('the volumes of the spools', () => {
  const mebibytes = { MiB: 1, Mi: 1, GiB: 1024, Gi: 1024 };
  const sizeOf = (text) => {
    const [, number, unit] = /^(\d+)(MiB|GiB|Mi|Gi)$/.exec(text);
    return Number(number) * mebibytes[unit];
  };
  const podOf = (service) =>
    parseAllDocuments(textOf(`k8s/base/${service}.yaml`))
      .map((document) => document.toJS())
      .find(({ kind }) => kind === 'Deployment').spec.template.spec;
  const { audit, recordings } = parse(textOf('k8s/base/sallyport.yaml'));
  const { dir, maxBytes } = audit.spool;

  it.each(['authenticate', 'authorize', 'proxy'])(
    'of %s holds more than the spool, so that its pod stays',
    (service) => {
      const { volumes, containers } = podOf(service);
      const { emptyDir } = volumes.find(({ name }) => name === 'spool');
      // In the memory of the node it would count as memory of the container, and would not be a disk to sync to.
      expect(Object.keys(emptyDir)).toEqual(['sizeLimit']);
      expect(sizeOf(emptyDir.sizeLimit)).toBeGreaterThan(sizeOf(maxBytes));
      expect(containers[0].volumeMounts.filter(({ readOnly }) => readOnly !== true)).toEqual([
        { name: 'spool', mountPath: dir },
        ...(service === 'proxy' ? [{ name: 'recordings', mountPath: recordings.disk.dir }] : []),
      ]);
      expect(containers[0].resources.requests).toHaveProperty('ephemeral-storage');
    },
  );

  it('of the gateway has another one for recordings, which holds more than may wait there', () => {
    const { emptyDir } = podOf('proxy').volumes.find(({ name }) => name === 'recordings');
    expect(Object.keys(emptyDir)).toEqual(['sizeLimit']);
    expect(sizeOf(emptyDir.sizeLimit)).toBeGreaterThan(sizeOf(recordings.disk.maxBytes));
  });

  it('is not given to the audit service, which has its database', () => {
    expect(podOf('audit').volumes.map(({ name }) => name)).not.toContain('spool');
  });

  it('of docker-compose.yml belong to one service each', () => {
    const { services, volumes } = parse(textOf('docker-compose.yml'), { merge: true });
    const compose = parse(textOf('deploy/compose/sallyport.yaml'));
    const users = Object.entries(services).flatMap(([name, service]) =>
      (service.volumes ?? [])
        .map((volume) => volume.split(':'))
        .filter(([, at]) => at === compose.audit.spool.dir)
        .map(([volume]) => [name, volume]),
    );
    expect(Object.fromEntries(users)).toEqual({
      authenticate: 'authenticate-spool',
      authorize: 'authorize-spool',
      proxy: 'proxy-spool',
    });
    for (const [, volume] of users) expect(volumes).toHaveProperty(volume);
  });
});
