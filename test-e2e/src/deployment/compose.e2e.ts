import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceProgram } from '@sallyport/standalone';
import { parse } from 'yaml';
import { runCli, runCommand } from '../harness/index.ts';
import { repository } from './manifests.ts';

type ComposeService = {
  image: string;
  command?: string[];
  ports?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  depends_on?: Record<string, unknown>;
  healthcheck?: unknown;
  profiles?: string[];
  volumes?: string[];
};
const compose = parse(readFileSync(path.join(repository, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const services = ['authenticate', 'authorize', 'audit', 'proxy'] as const;
const dist = (file: string) => path.join(repository, 'packages', file);

describe('docker-compose.yml', () => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'sallyport-compose-'));
    const { code, stdout } = await runCommand(process.execPath, [
      dist('standalone/dist/development/setup-main.js'),
      '--directory',
      directory,
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('tls/ca.crt') });
    const text = readFileSync(path.join(repository, 'deploy/compose/sallyport.yaml'), 'utf8');
    const moved = text.replaceAll('/var/lib/sallyport', directory).replaceAll('/var/spool/sallyport', directory);
    writeFileSync(path.join(directory, 'sallyport.yaml'), moved);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(services)('%s accepts its configuration with the files of the setup', async (service) => {
    const checked = await runCommand(
      process.execPath,
      [serviceProgram(service), '--config', path.join(directory, 'sallyport.yaml'), '--check-config'],
      { env: { SALLYPORT_CONFIG: undefined } },
    );
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') });
  });

  it('accepts the configuration of the profile small with the files of the setup', async () => {
    const text = readFileSync(path.join(repository, 'deploy/compose/small.yaml'), 'utf8');
    const file = path.join(directory, 'small.yaml');
    const moved = text.replaceAll('/development/', `${directory}/`).replace('/var/lib/sallyport', `${directory}/small`);
    writeFileSync(file, moved);
    expect(await runCli(['serve', '--check-config', '--config', file], { home: directory })).toMatchObject({
      code: 0,
      stdout: `${file}: ok\n`,
    });
  });

  it('starts programs of the image, without privileges and with a read-only root', () => {
    const ours = Object.entries(compose.services).filter(([, one]) => one.image.includes('SALLYPORT_IMAGE'));
    const bundled = /const programs = \[(.*)\]/
      .exec(readFileSync(path.join(repository, 'deploy/image/bundle-development.mjs'), 'utf8'))![1]!
      .match(/[a-z-]+/g)!;
    const programs = new Set(ours.map(([, one]) => one.command![0]!));
    expect([...programs].toSorted()).toEqual([...services, 'serve', ...bundled].toSorted());
    for (const [, one] of ours) expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  });

  it('has with the profile observability what reads every service, with the files of this repository', () => {
    const own = Object.entries(compose.services).filter(([, { profiles }]) => profiles?.includes('observability'));
    expect(own.map(([name]) => name)).toEqual(['prometheus', 'alertmanager', 'grafana']);
    const mounts = own.flatMap(([, { volumes }]) => volumes!).filter((one) => one.startsWith('./'));
    expect(mounts.length).toBeGreaterThan(3);
    for (const mount of mounts) {
      const [from, , access] = mount.split(':');
      expect([from, existsSync(path.join(repository, from!)), access]).toEqual([from, true, 'ro']);
    }
    const read = (file: string) => parse(readFileSync(path.join(repository, 'deploy', file), 'utf8')) as never;
    const configured: { services: Record<string, { adminListen: string }> } = read('compose/sallyport.yaml');
    const scraped: { scrape_configs: { static_configs: { targets: string[] }[] }[] } = read(
      'observability/prometheus.yaml',
    );
    expect(scraped.scrape_configs[0]!.static_configs[0]!.targets).toEqual(
      services.map((name) => `${name}:${configured.services[name]!.adminListen.split(':')[1]}`),
    );
  });

  it('waits for dependencies, and is reachable only from this machine', () => {
    for (const [name, one] of Object.entries(compose.services)) {
      for (const port of one.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
      if (name !== 'setup') expect(one.healthcheck).toBeDefined();
    }
    for (const service of services) expect(compose.services[service]!.depends_on).toHaveProperty('setup');
  });
});
