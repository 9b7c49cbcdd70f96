import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigFaults } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { checkDirectory } from '@sallyport/directory';
import { withSources } from '../testing/scim-client.ts';

let directory: string;
let service: TestService | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-map-'));
});
afterEach(async () => {
  await service?.directory.close();
  service = undefined;
  rmSync(directory, { recursive: true });
});
const file = () => path.join(directory, 'people.yaml');
const sections = (provider: object = { groupSources: ['map', 'claims'] }) =>
  withSources([{ kind: 'map', file: 'people.yaml' }], provider);
const begin = async (text: string, provider?: object) => {
  writeFileSync(file(), text);
  service = await createTestService(sections(provider), { baseDir: directory });
};
const logIn = async () => {
  await throughProvider(service!, '/.sallyport/login');
  return (await service!.sessions.list()).at(-1)!;
};

describe('a file of people and groups', () => {
  it('determines groups by person and by group, by name or by address in any case', async () => {
    await begin(
      'people:\n  Alice@Example.com: ["on-call, nights", on-call]\ngroups:\n  sre: [alice@example.com, bob]\n',
    );
    expect((await logIn()).identity.groups).toEqual(['on-call', 'on-call, nights', 'sre']);
  });

  it('leaves users who are not in it to the next source', async () => {
    await begin('groups: {sre: [bob@example.com]}\n');
    expect((await logIn()).identity.groups).toEqual(['developers']);
  });

  it('gives a user with an empty list no groups', async () => {
    await begin('people: {alice@example.com: []}\n');
    expect((await logIn()).identity.groups).toEqual([]);
  });

  it('adds to the groups in the claims if sources are merged', async () => {
    await begin('people: {alice@example.com: [on-call]}\n', {
      groupSources: ['claims', 'map'],
      combineGroups: 'merge',
    });
    expect((await logIn()).identity.groups).toEqual(['developers', 'on-call']);
  });

  it('is watched: a new version updates sessions, and a faulty one is rejected', async () => {
    await begin('people: {alice@example.com: [sre]}\n');
    const session = await logIn();
    const groups = async () => {
      const found = await service!.sessions.read(session.id);
      return found.state === 'live' ? found.session.identity.groups : [];
    };
    writeFileSync(path.join(directory, 'next'), 'people: {alice@example.com: [ops]}\n');
    renameSync(path.join(directory, 'next'), file());
    await until(async () => (await groups()).join() === 'ops');
    writeFileSync(file(), 'people: {alice@example.com: ops}\n');
    await until(async () => service!.lines.join().includes('was rejected'));
    expect(service!.lines.join()).toMatch(/people\.yaml:1:10: people\.alice@example\.com: expected array/);
    expect(await groups()).toEqual(['ops']);
    expect(await service!.metrics.metrics()).toContain('sallyport_directory_file_refused{source="map"} 1');
    writeFileSync(file(), 'people: {}\n');
    await until(async () => (await groups()).join() === 'developers');
    expect(await service!.metrics.metrics()).toContain('sallyport_directory_file_refused{source="map"} 0');
  });

  it('is checked before the service starts, like the other files of the directory', async () => {
    writeFileSync(file(), 'people: {a: 7}\n');
    writeFileSync(path.join(directory, 'short'), 'hunter2\n');
    await expect(createTestService(sections(), { baseDir: directory })).rejects.toBeInstanceOf(ConfigFaults);
    writeFileSync(file(), 'people: {}\n');
    const { config } = await createTestService(sections(), { baseDir: directory });
    const all = {
      ...config,
      identity: {
        ...config.identity,
        directory: {
          sources: [
            { ...config.identity.directory.sources[0]!, file: 'none.yaml' },
            {
              kind: 'scim',
              id: 'scim',
              required: false,
              groupName: 'displayName',
              match: { claim: 'email', attribute: 'userName' },
              tokens: [
                { id: 'a', tokenFile: 'short' },
                { id: 'b', sha256: 'A'.repeat(64) },
                { id: 'c', sha256: 'a'.repeat(64) },
              ],
            },
            { kind: 'okta', id: 'okta', tokenFile: 'missing', caFile: 'no-ca' },
          ],
        },
      },
    } as unknown as typeof config;
    const faults = checkDirectory({
      config: all,
      file: 'sallyport.yaml',
      resolvePath: (name) => path.resolve(directory, name),
      place: () => undefined,
    });
    expect(
      faults.map(
        ({ path: at, message, file: where }) => `${where === undefined ? '' : path.basename(where)} ${at}: ${message}`,
      ),
    ).toEqual([
      ' identity.directory.sources.1.tokens.0.tokenFile: contains a token of fewer than 32 characters. Create one with: openssl rand -base64 32',
      ' identity.directory.sources.1.tokens.2.sha256: is the same token as b',
      'none.yaml : cannot be read (ENOENT)',
      ' identity.directory.sources.2.caFile: cannot be read (ENOENT)',
      ' identity.directory.sources.2.tokenFile: cannot be read (ENOENT)',
    ]);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });
});
