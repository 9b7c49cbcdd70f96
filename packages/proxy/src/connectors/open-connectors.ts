import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { upgradeAccepted, upgradeRefusal } from '@sallyport/carrier/gateway';
import type { ConnectorConfig } from '@sallyport/contracts';
import { ConfigFaults, type LoadedConfig, type ServiceClient } from '@sallyport/kit';
import { createConnectorMetrics } from './connector-events.ts';
import { createConnectorReport, createConnectorStates } from './connector-states.ts';
import { createOwnCarriers, type OwnCarriersDeps } from './own-carriers.ts';
import { createPeerDialer } from './peers/dial-peers.ts';
import { createFindPeers } from './peers/find-peers.ts';
import type { PeerKeys } from './peers/peer-protocol.ts';
import { servePeers } from './peers/serve-peers.ts';
import { readConnectors } from './read-connectors.ts';
import { createThrough } from './through-connectors.ts';

const pollMs = 20;
/**
 * For how long other replicas may go on to hand over, in milliseconds. Meanwhile connectors dial again, and the others
 * learn of it.
 */
const handOverMs = 3000;

type ConnectorsDeps = OwnCarriersDeps &
  PeerKeys & {
    loaded: LoadedConfig;
    authorize: Pick<ServiceClient, 'request'>;
    /** The id of this replica. */
    replica: string;
  };

/** Opens what takes the connections of connectors, and hands over dials between the replicas of the gateway. */
export async function openConnectors(deps: ConnectorsDeps) {
  const { loaded, replica, now } = deps;
  const { peer } = loaded.config.services.proxy;
  const own = createOwnCarriers(deps);
  const prepare = (configs: readonly ConnectorConfig[]) => {
    const { connectors, faults } = readConnectors(configs);
    if (faults.length > 0) throw new ConfigFaults(loaded.file, faults);
    return () => own.use(connectors);
  };
  prepare(loaded.config.connectors)();
  const findPeers = createFindPeers({ ...deps, address: peer?.address });
  const dialer = createPeerDialer({ keys: deps, now });
  const listening =
    peer &&
    (await servePeers({
      listen: peer.listen,
      keys: deps,
      find: own.find,
      tokenOf: own.tokenOf,
      renew: (connector) => own.of(connector).forEach((one) => one.renewToken()),
      now,
    }));
  let released: Promise<void> | undefined;
  return {
    through: createThrough({
      own,
      peers: peer && { find: findPeers, dialer },
      dials: createConnectorMetrics(deps.metrics, own),
      now,
    }),
    /** Reads the keys of other connectors, and throws their faults. The result puts them into force. */
    prepare,
    states: createConnectorStates({ own, findPeers, replica }),
    report: createConnectorReport(own, peer?.address),
    /** The port for other replicas. */
    peerPort: listening?.port,
    /** Decides about an upgrade at the address of connectors. Undefined if there are none. */
    upgrade(request: IncomingMessage, clientAddress: string) {
      if (own.names().length === 0) return undefined;
      const refusal = upgradeRefusal(request);
      if (refusal !== undefined) return { status: 400, text: `The request ${refusal}.` };
      if (!own.carriers.hasRoom(clientAddress)) return { status: 503, text: 'There are too many new connections.' };
      return {
        accept(socket: Duplex, head: Buffer) {
          socket.write(upgradeAccepted(request));
          own.carriers.accept(socket, head, clientAddress);
        },
      };
    },
    /** Makes connectors and other replicas go elsewhere. What is open goes on. */
    release() {
      own.carriers.drain();
      released = pause(listening && own.open().length > 0 ? handOverMs : 0).then(() => listening?.release());
    },
    /** Ends everything once nothing is open through connectors any more, or after `ms`. */
    async close(ms = 0) {
      await released;
      const isBusy = () => own.carriers.all().some((carrier) => carrier.streams() > 0);
      for (const end = performance.now() + ms; isBusy() && performance.now() < end;) await pause(pollMs);
      own.carriers.close();
      dialer.close();
      listening?.close();
    },
  };
}
export type Connectors = Awaited<ReturnType<typeof openConnectors>>;
