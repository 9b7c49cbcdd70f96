import { describe, expect, it } from '@jest/globals';
import { eventOf, exec, expectAccepted, expectRefused, pods, spdy } from '../fixtures/attack.ts';

const pads = 'pad=xxxxxxxx&'.repeat(900);

export function attackTargetsByPadding(): void {
  describe('S23: a padded target', () => {
    it('has its selectors in its event', async () => {
      const { request } = await expectAccepted({
        target: `/clusters/dev/api/v1/secrets?${pads}labelSelector=app%3Dvault&fieldSelector=metadata.namespace%3Dprod`,
      });
      for (const stage of ['RequestReceived', 'ResponseComplete']) {
        const { data } = await eventOf(request.header('audit-id')[0], stage);
        expect(data.requestURI.length).toBeLessThanOrEqual(1025);
        expect(data.sallyport.request).toMatchObject({
          method: 'GET',
          labelSelector: 'app=vault',
          fieldSelector: 'metadata.namespace=prod',
          targetSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        });
        expect(data.sallyport.request!.targetLength).toBeGreaterThan(11_000);
      }
    });

    it('has the end of a proxied path in its event', async () => {
      const { request } = await expectAccepted({
        target: `/clusters/dev/api/v1/namespaces/dev/services/web/proxy/${'x/'.repeat(4000)}admin/delete`,
      });
      expect(
        (await eventOf(request.header('audit-id')[0], 'RequestReceived')).data.sallyport.request!.proxyPath,
      ).toMatch(/^\/x\/x\/[\s\S]*\/admin\/delete$/);
    });

    it('is in the event of its refusal', async () => {
      const { event } = await expectRefused(
        { method: 'DELETE', target: `/clusters/readonly/api/v1/namespaces/dev/pods?${pads}labelSelector=app%3Dvault` },
        403,
      );
      expect(event.data.sallyport.request).toMatchObject({ method: 'DELETE', labelSelector: 'app=vault' });
    });

    it('is recorded completely if it writes or runs something, such as a long script', async () => {
      const script = 'x'.repeat(50_000);
      const { request } = await expectAccepted(
        { method: 'POST', target: `${exec}&command=${script}`, lines: spdy },
        101,
      );
      const { data } = await eventOf(request.header('audit-id')[0], 'RequestReceived');
      expect(data.sallyport.exec!.command).toEqual(['ls', script]);
      const written = await expectAccepted({
        method: 'POST',
        target: `${pods}?pad=${script}&dryRun=All`,
        lines: ['Content-Length: 0'],
      });
      expect(
        (await eventOf(written.request.header('audit-id')[0], 'RequestReceived')).data.sallyport.request!.query,
      ).toBe(`pad=${script}&dryRun=All`);
    });

    it('of a write is refused if its event cannot contain it', async () => {
      const { event } = await expectRefused(
        { method: 'DELETE', target: `${pods}?labelSelector=${'%1b'.repeat(20_000)}` },
        414,
        /target is longer/,
      );
      expect(event.data.sallyport.request!.targetLength).toBeGreaterThan(60_000);
    });

    it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'has its method in its event, and so has any other: %s',
      async (method) => {
        const { request } = await expectAccepted({
          method,
          target: `${pods}/web`,
          lines: method === 'GET' || method === 'HEAD' ? [] : ['Content-Length: 0'],
        });
        expect((await eventOf(request.header('audit-id')[0])).data.sallyport.request!.method).toBe(method);
      },
    );
  });
}
