import type { NodeNames } from './node-names.ts';

/** The configuration of the network plugins that connect pods. `dataDirectory` keeps which address is whose. */
export type CniNetwork = (dataDirectory: string) => string;

/** Returns a network of a bridge, and addresses of a /24, the first of which is the node's. */
export function cniBridge({ names, network }: { names: NodeNames; network: string }): CniNetwork {
  return (dataDirectory) =>
    conflist(names, {
      type: 'bridge',
      bridge: names.bridge,
      isGateway: true,
      ipMasq: false,
      ipam: addresses(dataDirectory, {
        subnet: `${network}.0/24`,
        rangeStart: `${network}.10`,
        rangeEnd: `${network}.250`,
        gateway: `${network}.1`,
      }),
    });
}

/** Returns a network of links between the node and each pod, with addresses of the upper half of a /24. */
export function cniLinks({ names, network }: { names: NodeNames; network: string }): CniNetwork {
  return (dataDirectory) =>
    conflist(names, {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        ...addresses(dataDirectory, { subnet: `${network}.128/25`, gateway: `${network}.129` }),
        routes: [{ dst: '0.0.0.0/0' }],
      },
    });
}

function addresses(dataDirectory: string, range: Record<string, string>): object {
  return { type: 'host-local', dataDir: dataDirectory, ranges: [[range]] };
}

function conflist(names: NodeNames, plugin: object): string {
  return JSON.stringify({ cniVersion: '1.0.0', name: names.network, plugins: [plugin] }, undefined, 2);
}
