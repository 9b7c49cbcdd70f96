import { describe, expect, it } from '@jest/globals';
import { eventOf, expectAccepted, expectRefused, whoAmI } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const reserved = [
  'system:masters',
  'System:Masters',
  'system:serviceaccounts',
  'system:serviceaccount:kube-system:default',
];

export function attackGroups(): void {
  describe('A20: an identity provider that sends', () => {
    it('reserved groups of Kubernetes does not get them to a cluster, and the event names them', async () => {
      const { request } = await expectAccepted({ authorization: `Bearer ${attackFixture().tokens.eve}` });
      expect(request.header('impersonate-user')).toEqual(['eve@example.com']);
      for (const group of reserved) expect(request.header('impersonate-group')).not.toContain(group);
      const { data } = await eventOf(request.header('audit-id')[0]);
      expect(data.sallyport.droppedGroups).toEqual(reserved);
      expect(data.user.groups).not.toContain('system:masters');
    });

    it('them has no effect at the real API server', async () => {
      const { username, groups } = await whoAmI([], attackFixture().tokens.eve);
      expect(username).toBe('eve@example.com');
      expect(groups.toSorted()).toEqual(['developers', 'system:authenticated']);
      const { event } = await expectRefusedByCluster();
      expect(event.data.responseStatus!.code).toBe(403);
    });

    it('a reserved user of Kubernetes gets no login', async () => {
      await expect(attackFixture().gateway.login('system:admin', { password: 'admin' })).rejects.toThrow();
    });

    it('a group with a leading space is refused, because HTTP would drop the space', async () => {
      await expect(attackFixture().gateway.login('dan@example.com')).rejects.toThrow();
      const [event] = await attackFixture().gateway.audit.await(
        (record) =>
          record.type === 'login.failed' &&
          /begins or ends with a space/.test(record.data.responseStatus?.message ?? ''),
      );
      expect(event!.data.user).toEqual({});
    });

    it('no groups gives no permissions', async () => {
      await expectRefused(
        { authorization: `Bearer ${attackFixture().tokens.mallory}` },
        403,
        /There is no cluster "dev" that you may use/,
      );
    });
  });
}

/** system:masters could read everything, but eve may not. */
async function expectRefusedByCluster() {
  const reply = await attackFixture().gateway.request('/clusters/real/api/v1/namespaces/kube-system/secrets', {
    token: attackFixture().tokens.eve,
  });
  expect(reply.status).toBe(403);
  expect(reply.json()).toMatchObject({ kind: 'Status', message: expect.stringContaining('eve@example.com') });
  return { event: await eventOf(String(reply.headers['audit-id'])) };
}
