import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { listenFailure } from './listen-failure.ts';
import { listenHttp } from './listen-http.ts';

describe('a server that cannot listen', () => {
  it('says which address and which setting, and how to find the program that has the port', async () => {
    const first = await listenHttp(createServer(), { host: '127.0.0.1', port: 0 }, 'gateway.listen');
    const { port } = first;
    await expect(listenHttp(createServer(), { host: '127.0.0.1', port }, 'gateway.listen')).rejects.toThrow(
      new RegExp(
        `^cannot listen on 127\\.0\\.0\\.1:${port} \\(gateway\\.listen\\): the port is in use\\. .* run: .*${port}.*choose another port with gateway\\.listen\\.$`,
      ),
    );
    await first.close(0);
  });

  it('says so of an address that this machine does not have', async () => {
    await expect(listenHttp(createServer(), { host: '192.0.2.1', port: 0 }, 'services.audit.listen')).rejects.toThrow(
      /^cannot listen on 192\.0\.2\.1:0 \(services\.audit\.listen\): this machine has no such address/,
    );
  });

  it.each([
    ['EACCES', /may not use the port\. Choose one above 1023/],
    ['ENOTFOUND', /the host name is unknown/],
    ['EMFILE', /EMFILE\.$/],
  ])('says what %s means', (code, words) => {
    const error = Object.assign(new Error('raw'), { code });
    expect(listenFailure(error, { host: '::1', port: 443 }, '--port').message).toMatch(words);
    expect(listenFailure(error, { host: '::1', port: 443 }, '--port').message).toContain('on [::1]:443 (--port)');
  });

  it.each([
    ['linux', "ss -ltnp 'sport = :8443'"],
    ['darwin', 'lsof -nP -iTCP:8443 -sTCP:LISTEN'],
    ['win32', 'netstat -ano | findstr :8443'],
  ] as const)('names the tool of %s', (platform, command) => {
    const error = Object.assign(new Error('raw'), { code: 'EADDRINUSE' });
    expect(listenFailure(error, { host: '0.0.0.0', port: 8443 }, '--port', platform).message).toContain(command);
  });
});
