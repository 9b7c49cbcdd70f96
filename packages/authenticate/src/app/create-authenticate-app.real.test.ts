import { beforeEach, describe, expect, it } from '@jest/globals';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const asJson = { accept: 'application/json' };

describe('the pages', () => {
  it.each(['/.sallyport/login', '/.sallyport/callback', '/.sallyport/me', '/v1/sessions', '/nowhere'])(
    'refuse %s without a service credential',
    async (path) => {
      expect((await service.browser.get(path, { authorization: 'Bearer spt_x' })).status).toBe(401);
    },
  );
  it('refuse the other methods without a service credential', async () => {
    for (const path of ['/.sallyport/token', '/.sallyport/logout'])
      expect((await service.browser.post(path, { authorization: '' })).status).toBe(401);
    expect((await service.browser.send('delete', '/v1/sessions/x', { authorization: '' })).status).toBe(401);
  });
  it.each(['https://evil.example', 'http://gate.example.com:8443', 'https://gate.example.com', ''])(
    'refuse the origin %j',
    async (origin) => {
      for (const path of ['/.sallyport/login', '/.sallyport/callback?state=x', '/.sallyport/me'])
        expect((await service.browser.get(path, { 'sallyport-origin': origin })).status).toBe(400);
    },
  );
  it('refuse HEAD and other methods, so that a link preview starts no login', async () => {
    const head = await service.browser.send('head', '/.sallyport/login');
    expect(head.status).toBe(405);
    expect(head.headers['set-cookie']).toBeUndefined();
    expect((await service.browser.post('/.sallyport/login')).status).toBe(405);
    expect((await service.browser.get('/.sallyport/login/cancel')).status).toBe(405);
    expect((await service.browser.get('/nowhere', asJson)).body).toMatchObject({ code: 'not-found' });
  });
  it('refuse bodies that are too large or do not match their content type', async () => {
    const post = (type: string, body: string) =>
      service.browser.post('/.sallyport/token', { ...asJson, 'content-type': type }, body);
    expect((await post('application/json', `{"a":"${'x'.repeat(20_000)}"}`)).status).toBe(413);
    expect((await post('application/json', '{')).body).toMatchObject({ status: 400, code: 'bad-request' });
    expect((await post('application/json', '[]')).body).toMatchObject({ error: 'invalid_request' });
    expect((await post('text/plain', 'grant_type=authorization_code')).body).toMatchObject({
      error: 'invalid_request',
    });
    expect(
      (
        await post(
          'application/x-www-form-urlencoded',
          'grant_type=authorization_code&code=a&code=b&code_verifier=c&redirect_uri=d',
        )
      ).body,
    ).toMatchObject({ error: 'invalid_request' });
    expect(
      (await post('application/json', '{"__proto__":{"grant_type":"authorization_code","code":"a"}}')).body,
    ).toMatchObject({ error: 'invalid_request' });
  });
});
