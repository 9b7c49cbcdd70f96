import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import { httpRequestOnce } from '../../harness/index.ts';
import { bytesOf, pods, send } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const series = async (): Promise<Set<string>> => {
  const { text } = await httpRequestOnce(`http://127.0.0.1:${attackFixture().gateway.adminPorts['proxy']}/metrics`);
  return new Set(
    text
      .split('\n')
      .filter((line) => line.startsWith('sallyport_'))
      .map((line) => line.slice(0, line.lastIndexOf(' '))),
  );
};

export function attackCounts(): void {
  describe('S12: metrics', () => {
    it('do not grow with invented names of clusters, hosts, paths, methods and users', async () => {
      await send(bytesOf({ target: '/clusters/made-up/api' }));
      const before = await series();
      for (let index = 0; index < 40; index += 1) {
        await send(bytesOf({ target: `/clusters/made-up-${index}/api/v1/pods` }));
        await send(bytesOf({ target: `${pods}/made-up-${index}?x=${index}`, host: `made-up-${index}.example` }));
        await send(bytesOf({ target: `/made-up-${index}` }));
        await send(bytesOf({ authorization: `Bearer made-up-${index}` }));
      }
      const grown = [...(await series())].filter((one) => !before.has(one));
      expect(grown.filter((one) => !/_requests_total\{.*code="(?:200|400|401|403|404)"\}|_bucket\{/.test(one))).toEqual(
        [],
      );
      expect([...(await series())].join('\n')).not.toContain('made-up');
    });

    it('grow with invented responses of a cluster only up to the number of status codes', async () => {
      for (const status of [299, 418, 499, 599, 799, 999]) {
        attackFixture().dev.answer((_request, response) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end('{}'),
        );
        await send(bytesOf({}));
      }
      const ofDev = [...(await series())].filter((one) =>
        one.startsWith('sallyport_proxy_requests_total{cluster="dev"'),
      );
      expect(ofDev.every((one) => /code="[1-9]\d\d"/.test(one))).toBe(true);
    });
  });
}

const breaks = ['%0a', '%0d%0a', '%u2028', '%E2%80%A8', '%1b[2J', '%C2%85', '%00'];
const fake = '{"level":30,"msg":"forged"}';

export function attackLogs(): void {
  describe('S13: logs', () => {
    it('have one line per entry, whatever names, paths and headers contain', async () => {
      const { gateway, tokens } = attackFixture();
      const file = gateway.processes!.logFile('proxy');
      const from = readFileSync(file, 'utf8').length;
      for (const one of breaks) {
        await send(bytesOf({ target: `/clusters/dev/api/v1/namespaces/x${one}${encodeURIComponent(fake)}/pods` }));
        await send(bytesOf({ target: `/clusters/x${one}${encodeURIComponent(fake)}/api` }));
        await send(bytesOf({ target: `/.sallyport/x${one}${encodeURIComponent(fake)}` }));
        await send(
          bytesOf({
            lines: [`User-Agent: x\x9b2J ${fake}`, `X-Forwarded-For: ${fake}`, `Kubectl-Command: ${fake}`],
            authorization: `Bearer ${tokens.mallory}`,
          }),
        );
      }
      await gateway.request('/.sallyport/token', {
        method: 'POST',
        body: `grant_type=authorization_code&code=${fake}%0a${fake}&code_verifier=x&redirect_uri=x`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      await new Promise((resolve) => {
        setTimeout(resolve, 300);
      });
      for (const name of serviceNames) {
        const text = readFileSync(gateway.processes!.logFile(name), 'utf8');
        const lines = text
          .slice(name === 'proxy' ? from : 0)
          .split('\n')
          .filter((line) => line !== '');
        for (const line of lines) {
          expect([name, line, line.startsWith('{') && (JSON.parse(line) as { service?: string }).service]).toEqual([
            name,
            line,
            name,
          ]);
          expect((JSON.parse(line) as { msg: string }).msg).not.toBe('forged');
        }
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }
    });
  });
}
