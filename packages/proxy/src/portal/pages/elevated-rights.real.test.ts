import { describe, expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import { createElevationPagesRig as setUp, evil, id, page } from '../../testing/elevation-pages-rig.ts';
import { sessionCookie as cookie } from '../../testing/pages-rig.ts';

describe('what the groups of an elevation allow', () => {
  type Ask = NonNullable<NonNullable<Parameters<typeof setUp>[1]>['rulesOfPerson']>;
  const rights = (groups: readonly string[]) => ({
    resourceRules: [
      { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: [] },
      ...(groups.includes('admins')
        ? [
            { verbs: ['update', 'patch'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: [] },
            { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: [evil] },
          ]
        : []),
    ],
    nonResourceRules: [],
    incomplete: false,
  });
  const asking = (answer: (groups: readonly string[]) => ReturnType<typeof rights> | undefined) => {
    const asked: { cluster: string; user: string; groups: string[]; namespace: string }[] = [];
    const rulesOfPerson: Ask = (cluster, { impersonation: { user, groups }, namespace }) => {
      asked.push({ cluster, user, groups, namespace });
      return Promise.resolve(answer(groups));
    };
    return { asked, rulesOfPerson };
  };

  it('is shown to those who may approve it, and asked for a person who has no other rights', async () => {
    const { asked, rulesOfPerson } = asking(rights);
    const { text } = await setUp({ view: { namespace: 'shop' } }, { rulesOfPerson })
      .get(page)
      .expect(200);
    expect(text).toContain('What the groups allow');
    expect(text).toMatch(/deployments\.apps<.*>patch, update</);
    expect(text).not.toContain('pods');
    expect(text).not.toContain('<script>alert');
    const user = 'sallyport:elevation';
    expect(asked).toEqual([
      { cluster: 'prod-eu', user, groups: [], namespace: 'shop' },
      { cluster: 'prod-eu', user, groups: ['admins'], namespace: 'shop' },
    ]);
  });

  it('is asked for by no one else', async () => {
    const { asked, rulesOfPerson } = asking(rights);
    for (const may of [[], ['deny'], ['revoke']] as const) {
      const { text } = await setUp({ view: { may: [...may] } }, { rulesOfPerson })
        .get(page)
        .expect(200);
      expect(text).not.toContain('What the groups allow');
    }
    expect(asked).toEqual([]);
  });

  it('is what the API answers to those who may approve it, and refuses to all others', async () => {
    const { asked, rulesOfPerson } = asking(rights);
    const call = `/.sallyport/api/v1/elevations/${id}/rights`;
    const ask = (may: ElevationView['may']) =>
      setUp({ view: { may, namespace: 'shop' } }, { rulesOfPerson }).get(call, { cookie });
    for (const may of [[], ['deny'], ['revoke', 'withdraw', 'review']] satisfies ElevationView['may'][])
      expect([may, (await ask(may)).status]).toEqual([may, 403]);
    expect(asked).toEqual([]);
    const { status, body } = await ask(['approve']);
    expect([status, body]).toEqual([
      200,
      {
        comparedIn: 'shop',
        rules: [
          { apiGroup: '', resource: 'secrets', resourceName: evil, verbs: ['get'] },
          { apiGroup: 'apps', resource: 'deployments', verbs: ['patch', 'update'] },
        ],
        omitted: 0,
        incomplete: false,
      },
    ]);
  });

  it('is said to be unknown where the cluster does not answer, and to be nothing where no role is bound', async () => {
    const silent = await setUp(
      {},
      asking(() => undefined),
    ).get(page);
    expect(silent.text).toContain('does not say at the moment');
    expect(silent.text).toContain(`formaction="${page}/approve"`);
    const unbound = await setUp(
      {},
      asking(() => rights([])),
    ).get(page);
    expect(unbound.text).toContain('no role is bound to them there');
  });
});
