// Compares what the Dockerfile does with what `npm run image` does.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { installArguments, servicePackages, programs } from '../deploy/image/packages.mjs';
import { root } from './bootstrap.mjs';
import { basePackages } from './image/base-system.mjs';
import { owned, owner } from './image/layers.mjs';

const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8').replaceAll(/\s*\\\n\s*/g, ' ');
const entrypoint = readFileSync(path.join(root, 'deploy/image/entrypoint.sh'), 'utf8');
const stage = /^FROM \S+ AS services\n([^]*?)^FROM /m.exec(dockerfile)[1];

describe('the image', () => {
  it('has the services, and every package of ours that they need', () => {
    const names = servicePackages(root);
    expect(names).toEqual(
      expect.arrayContaining(['audit', 'authenticate', 'authorize', 'connector', 'contracts', 'kit', 'proxy']),
    );
    for (const name of names) {
      const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'));
      const ours = Object.keys(dependencies).filter((one) => one.startsWith('@sallyport/'));
      expect(names).toEqual(expect.arrayContaining(ours.map((one) => one.slice('@sallyport/'.length))));
    }
    expect(installArguments(root)).toEqual(
      expect.arrayContaining(['--ignore-scripts', '--omit=dev', '--omit=optional', 'packages/proxy']),
    );
  });

  it('is put together by the same program with and without Docker', () => {
    expect(dockerfile).toContain('RUN npm ci $(node /image/assemble.mjs install-arguments .) ');
    expect(dockerfile).toContain('node /image/assemble.mjs dependencies . /dependencies');
    expect(dockerfile).toContain('RUN project-node deploy/image/assemble.mjs packages . /app');
    expect(dockerfile).toContain('project-node deploy/image/bundle-installation.mjs /app/installation');
    expect(dockerfile).toContain('project-node scripts/bundle/write-bundles.mjs');
    expect(dockerfile).toContain('project-node scripts/release.mjs --only none --unattested --out /app/downloads');
    expect(stage.match(/^COPY .*$/gm)).toEqual([
      'COPY --from=build /usr/local/bin/project-node /usr/local/bin/node',
      'COPY --from=dependencies /dependencies /app',
      'COPY --from=build /app /app',
      'COPY deploy/image/entrypoint.sh /usr/local/bin/sallyport-entrypoint',
      'COPY package.json LICENSE* /app/',
    ]);
  });

  it('can be built from the files that Docker is given', () => {
    const given = readFileSync(path.join(root, '.dockerignore'), 'utf8').match(/(?<=^!).*$/gm);
    const isGiven = (file) => given.some((one) => file === one || file.startsWith(`${one}/`));
    const scripts = ['release.mjs', 'release/read-release.mjs'].map((name) => path.join(root, 'scripts', name));
    const texts = scripts.map((file) => readFileSync(file, 'utf8')).join('\n');
    const read = [...texts.matchAll(/\bread(?:Root)?\('([^']+)'\)/g)].map(([, file]) => file);
    const charts = readdirSync(path.join(root, 'charts')).map((name) => `charts/${name}/Chart.yaml`);
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files]) => files.split(' '));
    expect(read).toEqual(expect.arrayContaining(['CHANGELOG.md', 'deploy/systemd/sallyport.service', 'package.json']));
    const files = [...read, ...copied.filter((one) => !/[.*]$/.test(one)), ...charts];
    const built = (file) => /^packages\/.*\/dist\//.test(file);
    expect(files.filter((file) => !built(file) && !isGiven(file))).toEqual([]);
  });

  it('starts the bundle of each program', () => {
    const [, names, program] = /^ {2}(.*)\)\n.*\n.*"\/app\/packages\/\$program\/(.*?)"/m.exec(entrypoint);
    expect(names.split(' | ').toSorted()).toEqual(programs.toSorted());
    expect(program).toBe('dist/bundle/main.js');
  });

  it('has the same directories of the services with and without Docker', () => {
    const directories = owned.map((name) => `/${name}`).join(' ');
    expect(stage.match(/^RUN .*$/gm)).toEqual([
      `RUN mkdir -p /etc/sallyport ${directories} && chown ${owner}:${owner} ${directories} && chmod 700 ${directories}`,
    ]);
  });

  it.each(['amd64', 'arm64'])('has a base of pinned Debian packages: %s', (architecture) => {
    const pins = JSON.parse(readFileSync(path.join(root, 'deploy/image/debian-packages.json'), 'utf8'))[architecture];
    expect(pins.map(({ name }) => name)).toEqual(basePackages);
    for (const pin of pins) {
      expect(pin.version).toMatch(/^[\w.+:~-]+$/);
      expect(pin.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});
