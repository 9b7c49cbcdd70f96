import type { QueryParameters } from './parse-query.ts';

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
