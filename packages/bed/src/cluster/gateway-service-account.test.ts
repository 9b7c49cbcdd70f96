import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { createGatewayServiceAccount, gatewayObjects } from './gateway-service-account.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
const rules = (groups: string[], extraKeys?: string[]): Rule[] => {
  const objects = gatewayObjects({ name: 'gate', namespace: 'sallyport', groups, ...(extraKeys && { extraKeys }) }) as {
    kind: string;
    rules?: Rule[];
  }[];
  return objects.find((each) => each.kind === 'ClusterRole')!.rules!;
};
const forGroups = (list: Rule[]): Rule | undefined => list.find((rule) => rule.resources.includes('groups'));

describe("the creation of the gateway's ServiceAccount", () => {
  const create = async (...failures: string[]) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'account-'));
    const admin = {
      apply: jest.fn(async () => {
        if (failures.length > 0) throw new Error(failures.shift());
        return '';
      }),
      kubectl: async () => 'a-token\n',
    };
    try {
      const { tokenFile } = await createGatewayServiceAccount(admin as never, directory, { groups: ['sre'] });
      return {
        applied: admin.apply.mock.calls.length,
        files: readdirSync(directory),
        token: readFileSync(tokenFile, 'utf8'),
      };
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  it('succeeds while another process creates the same, and leaves one whole file', async () => {
    const failure =
      'kubectl apply failed with code 1: Error from server (AlreadyExists): namespaces "sallyport" already exists';
    expect(await create(failure, failure)).toEqual({
      applied: 3,
      files: ['sallyport.sallyport-gateway.token'],
      token: 'a-token\n',
    });
  });

  it('fails for any other reason, and when it does not get its turn', async () => {
    await expect(create('Unauthorized')).rejects.toThrow('Unauthorized');
    await expect(create(...Array.from({ length: 5 }, () => 'AlreadyExists'))).rejects.toThrow('AlreadyExists');
  });
});

describe("the gateway's ServiceAccount", () => {
  it('may only impersonate', () => {
    for (const rule of rules(['developers'], ['sallyport.dev/elevation'])) expect(rule.verbs).toEqual(['impersonate']);
  });

  it('may only impersonate the named groups', () => {
    expect(forGroups(rules(['developers', 'sre']))?.resourceNames).toEqual(['developers', 'sre']);
  });

  it('may impersonate no group if none is named, because an empty list of names would allow all', () => {
    expect(forGroups(rules([]))).toBeUndefined();
  });

  it('may impersonate any group only if requested', () => {
    expect(forGroups(rules(['*']))?.resourceNames).toBeUndefined();
  });

  it('may send every extra key of the gateway by default', () => {
    expect(rules(['developers']).at(-1)!.resources).toEqual([
      'uids',
      'userextras/sallyport.dev/session',
      'userextras/sallyport.dev/elevation',
      'userextras/sallyport.dev/agent',
      'userextras/sallyport.dev/application',
      'userextras/sallyport.dev/actor',
    ]);
  });

  it('names each extra key, because RBAC has no wildcard for them', () => {
    expect(rules([], ['a', 'b/c']).at(-1)).toMatchObject({
      apiGroups: ['authentication.k8s.io'],
      resources: ['uids', 'userextras/a', 'userextras/b/c'],
    });
  });
});
