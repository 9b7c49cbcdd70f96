import { describe, expect, it } from '@jest/globals';
import { eventOf, expectAccepted, expectRefused, pods } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function attackTrail(): void {
  describe('A31: a client that writes its own trail', () => {
    it.each([
      ['Audit-ID', '11111111-1111-4111-8111-111111111111'],
      ['audit-id', 'forged'],
      ['AUDIT_ID', 'forged'],
      ['Audit.ID', 'forged'],
    ])('by %s does not choose the id', async (name, value) => {
      const { request } = await expectAccepted({ lines: [`${name}: ${value}`] });
      const [id, ...more] = request.header('audit-id');
      expect(more).toEqual([]);
      expect(id).toMatch(uuid);
      expect(id).not.toBe(value);
      expect((await eventOf(id)).data.auditID).toBe(id);
      expect(attackFixture().gateway.events({ auditID: value })).toEqual([]);
    });

    it.each([
      ['X-Forwarded-For', '6.6.6.6'],
      ['X-Forwarded-For', '6.6.6.6, 127.0.0.1'],
      ['X-Real-IP', '6.6.6.6'],
      ['Forwarded', 'for=6.6.6.6'],
      ['X-Client-IP', '6.6.6.6'],
      ['True-Client-IP', '6.6.6.6'],
    ])('by %s (%s) does not choose its address', async (name, value) => {
      const { request } = await expectAccepted({ lines: [`${name}: ${value}`] });
      expect(request.rawHeaders.join('\n')).not.toContain('6.6.6.6');
      const { data } = await eventOf(request.header('audit-id')[0]);
      expect(data.sourceIPs).toEqual(['127.0.0.1']);
      expect(data.sallyport.clientAddress).toBe('127.0.0.1');
      expect(JSON.stringify({ ...data, sallyport: { ...data.sallyport, forwardedFor: undefined } })).not.toContain(
        '6.6.6.6',
      );
    });

    it.each(['User-Agent', 'Kubectl-Command', 'Kubectl-Session', 'X-Forwarded-For'])(
      'by control codes in %s cannot write to a terminal',
      async (name) => {
        const { request } = await expectAccepted({
          lines: [`${name}: kubectl\x9b31m\x9d0;owned\x9c\tend \xe2\x80\xae`],
        });
        const { data } = await eventOf(request.header('audit-id')[0]);
        expect(JSON.stringify(data)).toContain('\\\\u009b31m');
        expect(JSON.stringify(data)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      },
    );

    it('by an invented cluster name, path or query is bounded and escaped', async () => {
      const { event } = await expectRefused({ target: `/clusters/${'x'.repeat(9000)}/api` }, 403);
      expect(JSON.stringify(event).length).toBeLessThan(9000);
      expect(event.key).not.toContain('xxx');
      const { request } = await expectAccepted({ target: `${pods}?x=${'y'.repeat(9000)}` });
      expect(JSON.stringify(await eventOf(request.header('audit-id')[0])).length).toBeLessThan(8000);
    });

    it('by a long User-Agent is bounded too', async () => {
      const { request } = await expectAccepted({ lines: [`User-Agent: ${'u'.repeat(20_000)}`] });
      expect((await eventOf(request.header('audit-id')[0])).data.userAgent!.length).toBeLessThan(1100);
    });
  });
}
