import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  arrives,
  expectEventsOfRefusals,
  expectWebAccepted,
  expectWebRefused,
  sendWeb,
  webBytes,
  webEventOf,
} from '../fixtures/web-attack.ts';
import { originOf, webFixture, webHosts } from '../fixtures/web-fixture.ts';

const long = `/${'a'.repeat(1500)}`;

export function attackWebRecords(): void {
  describe('W52: a request that hides from its event', () => {
    it('by a long query is known by its path, the length and a keyed hash of the query', async () => {
      const query = `${'a'.repeat(20_000)}&action=delete`;
      const { request } = await expectWebAccepted({
        method: 'POST',
        target: `/do?${query}`,
        lines: ['Content-Length: 0'],
      });
      const { data } = await webEventOf(request.header('audit-id')[0], 'RequestReceived');
      expect(data).toMatchObject({
        requestURI: '/do',
        verb: 'post',
        sallyport: {
          route: originOf('app'),
          request: { method: 'POST', queryLength: query.length, queryHash: expect.stringMatching(/^[\w-]{43}$/) },
        },
      });
      expect(data.sallyport.request!.queryHash).not.toBe(createHash('sha256').update(query).digest('base64url'));
    });

    it('by a long path is known by its hash and length if it reads, and refused if it may change something', async () => {
      const { request } = await expectWebAccepted({ target: `${long}/admin` });
      const { data } = await webEventOf(request.header('audit-id')[0], 'RequestReceived');
      expect(data.sallyport.request).toMatchObject({
        targetLength: long.length + 6,
        targetSha256: createHash('sha256').update(`${long}/admin`).digest('hex'),
      });
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        await expectWebRefused({ method, target: `${long}/x`, lines: ['Content-Length: 0'] }, 414, { effect: arrives });
    });

    it.each(['/%1b[2J%1b]0;x%07', '/%0d%0aforged'])(
      'by control characters (%j) leaves an event without any',
      async (target) => {
        const reply = await sendWeb(webBytes({ target }));
        expect(reply.code).toBe(400);
        const event = await webEventOf(reply.auditId);
        expect(JSON.stringify(event)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      },
    );

    it('by the audit ID of another one has its own', async () => {
      const known = (await sendWeb(webBytes({}))).auditId;
      const { request } = await expectWebAccepted({ lines: ['Audit-Id: 00000000-0000-4000-8000-000000000000'] });
      const [id] = request.header('audit-id');
      expect([request.header('audit-id').length, id === known, id!.startsWith('00000000')]).toEqual([1, false, false]);
    });

    it('by being refused is in the trail all the same, with its code', expectEventsOfRefusals);

    it('by a method that nobody knows is refused', async () => {
      for (const method of ['TRACE', 'PROPFIND', 'PURGE', 'LINK', 'QUERY'])
        await expectWebRefused({ method }, 405, { says: /method/ });
    });
  });

  describe('W54: what two readers could understand differently', () => {
    it.each([
      ['two Host lines, the first empty', { rawHost: '', lines: [`Host: ${webHosts.app}`] }],
      ['two Host lines, of two applications', { lines: [`Host: ${webHosts.tool}`] }],
      ['no Host line', { rawHost: undefined }],
    ])('(%s) reaches no application', async (_what, attack) => {
      const { app } = webFixture();
      const before = app.requests.length;
      const reply = await sendWeb(webBytes(attack));
      expect(reply.code).toBe(400);
      expect(app.requests).toHaveLength(before);
    });

    it.each([
      '/public/..;/admin',
      '/public/..;x=1/admin',
      '/public/%2e%2e%3b/admin',
      '/;/admin',
      '/public/..%20/admin',
    ])('(%s) is refused, although a policy would allow it', async (target) => {
      await expectWebRefused({ target }, 400, { says: /path/, effect: ([seen]) => seen !== undefined });
    });

    it('(a cookie in two lines, or under two names that differ in case) is one credential or none', async () => {
      const { cookies } = webFixture();
      await expectWebRefused({ lines: [`cookie: __Host-sallyport-route=${cookies.eve}`] }, 401);
      const { request } = await expectWebAccepted({
        lines: [`Cookie: __host-sallyport-route=${cookies.eve}; __HOST-SALLYPORT-ROUTE=${cookies.eve}`],
      });
      expect(request.header('x-webauth-user')).toEqual(['alice@example.com']);
      expect(request.connection.bytes().toString('latin1')).not.toContain(cookies.eve);
    });
  });
}
