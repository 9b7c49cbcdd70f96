import { arrayAt, textAt } from '../objects/kube-object.ts';
import type { Machine } from './input.ts';

/** The environment of every command. */
export function environmentOf(machine: Machine): Record<string, string> {
  const own = arrayAt(machine.pod, 'spec.containers').find(({ name }) => name === machine.container);
  const given = arrayAt(own, 'env')
    .filter(({ value }) => typeof value === 'string')
    .map(({ name, value }) => [String(name), String(value)]);
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: hostnameOf(machine),
    HOME: '/root',
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    ...(machine.tty && { TERM: 'xterm' }),
    ...(Object.fromEntries(given) as Record<string, string>),
  };
}

/** Returns the host name, which is the name of the pod. */
export function hostnameOf({ pod }: Machine): string {
  return pod.metadata.name ?? '';
}

/** Returns the files by absolute path. */
export function filesOf(machine: Machine): ReadonlyMap<string, string> {
  return new Map([
    ['/README', 'This is a practice cluster. Nothing really runs here: all output is simulated.\n'],
    ['/etc/hostname', `${hostnameOf(machine)}\n`],
    ['/etc/os-release', 'NAME="Practice Linux"\nID=practice\nPRETTY_NAME="Practice Linux (simulated)"\n'],
    ['/etc/hosts', `127.0.0.1\tlocalhost\n${textAt(machine.pod, 'status.podIP')}\t${hostnameOf(machine)}\n`],
    ['/var/run/secrets/kubernetes.io/serviceaccount/namespace', machine.pod.metadata.namespace ?? ''],
  ]);
}

/** Returns the names in a directory, or undefined if it does not exist. */
export function directoryOf(machine: Machine, path: string): string[] | undefined {
  const prefix = path === '/' ? '/' : `${path.replace(/\/+$/, '')}/`;
  const names = [...filesOf(machine).keys()]
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(prefix.length).split('/')[0]!);
  if (prefix === '/') names.push('bin', 'dev', 'proc', 'root', 'tmp', 'usr');
  if (['/bin/', '/dev/', '/proc/', '/root/', '/tmp/', '/usr/'].includes(prefix)) return [];
  return names.length === 0 ? undefined : [...new Set(names)].sort();
}
