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
