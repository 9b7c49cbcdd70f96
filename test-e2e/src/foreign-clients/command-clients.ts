import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { httpRequestOnce, runCommand, runDirectory, startCommand, theBed } from '../harness/index.ts';
import { takeSteps, type Side, type Verdict } from './run-steps.ts';

/** Steps for `kubectl proxy`: discovery and objects, like a page behind it. Its URLs may end in a slash. */
export async function kubectlProxySteps(side: Side, ...flags: string[]): Promise<Verdict[]> {
  const command = startCommand(theBed().kubectl!, ['proxy', '--port=0', ...flags], { env: side.env });
  try {
    const [, port] = await command.says(/Starting to serve on 127\.0\.0\.1:(\d+)/);
    const ask = (target: string, options = {}) => httpRequestOnce(`http://127.0.0.1:${port}${target}`, options);
    const get = (target: string, show: (body: Record<string, never>) => unknown) => async () => {
      const { status, json } = await ask(target);
      return [status, show(json() as Record<string, never>)];
    };
    const maps = `/api/v1/namespaces/${side.namespace}/configmaps`;
    const kind = ({ kind: name }: Record<string, unknown>) => name;
    return await takeSteps({
      ...Object.fromEntries(
        [
          '/api',
          '/api/',
          '/apis',
          '/apis/',
          '/apis/apps',
          '/apis/apps/',
          '/apis/apps/v1',
          '/apis/apps/v1/',
          '/api/v1/',
          maps,
          `${maps}/`,
          `${maps}/kube-root-ca.crt/`,
        ].map((target) => [target.replace(side.namespace, 'NAMESPACE'), get(target, kind)]),
      ),
      '/version/': get('/version/', ({ gitVersion }) => gitVersion),
      create: async () =>
        (
          await ask(maps, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'proxied' } }),
          })
        ).status,
      delete: async () => (await ask(`${maps}/proxied`, { method: 'DELETE' })).status,
      'a page of a pod': async () => (await ask(`/api/v1/namespaces/${side.namespace}/pods/web:8080/proxy/`)).text,
    });
  } finally {
    await command.stop();
  }
}

/** Steps for helm: the life of a chart. */
export async function helmSteps(side: Side): Promise<Verdict[]> {
  const home = path.join(runDirectory(), `helm-${side.namespace}`);
  const chart = path.join(home, 'chart');
  mkdirSync(path.join(chart, 'templates'), { recursive: true });
  writeFileSync(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 1.0.0\n');
  writeFileSync(
    path.join(chart, 'templates', 'settings.yaml'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { colour: '{{ .Values.colour }}' },
    }),
  );
  const env = { ...side.env, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  const helm = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(theBed().helm!, [...args, '--namespace', side.namespace], {
      env,
    });
    if (code !== 0) throw new Error(`helm ${args[0]}: ${stderr}`);
    return stdout;
  };
  const status = async () => {
    const { version, info } = JSON.parse(await helm('status', 'small', '-o', 'json')) as {
      version: number;
      info: { status: string };
    };
    return [version, info.status];
  };
  const then =
    (...args: string[]) =>
    async () => {
      await helm(...args);
      return status();
    };
  return takeSteps({
    install: then('install', 'small', chart, '--set', 'colour=blue', '--wait', '--timeout', '60s'),
    upgrade: then('upgrade', 'small', chart, '--set', 'colour=red', '--wait', '--timeout', '60s'),
    'get manifest': async () => /"colour": ?"(\w+)"/.exec(await helm('get', 'manifest', 'small'))?.[1],
    history: async () => (JSON.parse(await helm('history', 'small', '-o', 'json')) as unknown[]).length,
    rollback: then('rollback', 'small', '1'),
    list: async () => (JSON.parse(await helm('list', '-o', 'json')) as { name: string }[]).map(({ name }) => name),
    uninstall: async () => helm('uninstall', 'small', '--wait', '--timeout', '60s'),
  });
}
