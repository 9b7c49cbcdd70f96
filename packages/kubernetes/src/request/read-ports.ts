import type { QueryParameters } from './parse-query.ts';

const mostPorts = 64;

/**
 * The ports that a port-forward over WebSocket channels names in its query (`ports` at the API server, `port` at the
 * kubelet); over SPDY each stream names its own.
 */
export function readPorts(query: QueryParameters, name: 'ports' | 'port'): number[] {
  const said = (query.get(name) ?? []).flatMap((value) => value.split(',', mostPorts)).slice(0, mostPorts);
  return [
    ...new Set(
      said
        .filter((text) => /^\d{1,5}$/.test(text))
        .map(Number)
        .filter((port) => port > 0 && port < 65_536),
    ),
  ];
}
