import { describe, expect, it } from '@jest/globals';
import { gatewayObjects } from './gateway-service-account.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
const rules = (groups: string[], extraKeys?: string[]): Rule[] => {
  const objects = gatewayObjects({ name: 'gate', namespace: 'sallyport', groups, ...(extraKeys && { extraKeys }) }) as {
    kind: string;
    rules?: Rule[];
  }[];
  return objects.find((each) => each.kind === 'ClusterRole')!.rules!;
};
const forGroups = (list: Rule[]): Rule | undefined => list.find((rule) => rule.resources.includes('groups'));

describe("the gateway's ServiceAccount", () => {
  it('may impersonate and nothing else', () => {
    for (const rule of rules(['developers'], ['sallyport.dev/elevation'])) expect(rule.verbs).toEqual(['impersonate']);
  });

  it('may take the named groups alone', () => {
    expect(forGroups(rules(['developers', 'sre']))?.resourceNames).toEqual(['developers', 'sre']);
  });

  it('may take no group where none is named, for an empty list of names would allow all', () => {
    expect(forGroups(rules([]))).toBeUndefined();
  });

  it('may take any group only where that is asked for', () => {
    expect(forGroups(rules(['*']))?.resourceNames).toBeUndefined();
  });

  it('may send every extra key of the gateway unless it is told which', () => {
    expect(rules(['developers']).at(-1)!.resources).toEqual([
      'uids',
      'userextras/sallyport.dev/session',
      'userextras/sallyport.dev/elevation',
      'userextras/sallyport.dev/agent',
      'userextras/sallyport.dev/actor',
    ]);
  });

  it('names each extra key, which RBAC knows no wildcard for', () => {
    expect(rules([], ['a', 'b/c']).at(-1)).toMatchObject({
      apiGroups: ['authentication.k8s.io'],
      resources: ['uids', 'userextras/a', 'userextras/b/c'],
    });
  });
});
