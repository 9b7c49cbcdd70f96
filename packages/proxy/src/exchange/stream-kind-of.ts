import type { Exchange, OpenStreamKind } from './exchange.ts';

/** Returns as what kind of stream an exchange begins. Undefined for a plain request. */
export function streamKindOf({ kube, route, upgrade }: Exchange): OpenStreamKind | undefined {
  if (route) return upgrade ? 'websocket' : undefined;
  return kube!.stream;
}
