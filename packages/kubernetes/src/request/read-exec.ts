import type { QueryParameters } from './parse-query.ts';
import { isApiTrue } from './read-list-options.ts';

/** What an exec or attach runs, and where. */
export type ExecOptions = { container: string; command: string[]; stdin: boolean; tty: boolean };

/** Reads PodExecOptions from the query. An empty container means the pod's default one. */
export function readExec(query: QueryParameters): ExecOptions {
  return {
    container: query.get('container')?.[0] ?? '',
    command: [...(query.get('command') ?? [])],
    stdin: isApiTrue(query.get('stdin')),
    tty: isApiTrue(query.get('tty')),
  };
}

const maxPorts = 64;

/**
 * Reads the ports that a port-forward over WebSocket channels has in its query (`ports` at the API server, `port` at the
 * kubelet). Over SPDY each stream names its own port.
 */
export function readPorts(query: QueryParameters, name: 'ports' | 'port'): number[] {
  const values = (query.get(name) ?? []).flatMap((value) => value.split(',', maxPorts)).slice(0, maxPorts);
  return [
    ...new Set(
      values
        .filter((text) => /^\d{1,5}$/.test(text))
        .map(Number)
        .filter((port) => port > 0 && port < 65_536),
    ),
  ];
}
