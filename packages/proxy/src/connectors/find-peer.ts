import { withDeadline } from '@sallyport/kit';
import type { PeerDialer } from './peers/dial-peers.ts';
import type { PeerReport } from './peers/find-peers.ts';

/** The other replicas of the gateway. */
export type Peers = { find(): Promise<PeerReport[]>; dialer: PeerDialer };

/** How long a request waits for another replica, in milliseconds. */
const waitMs = 1700;
/** After how long the gateway looks for replicas again, in milliseconds. */
const freshMs = 5000;

/** Finds the other replicas to which a connector is connected, and connects to one of them. */
export function createFindPeer(peers: Peers | undefined) {
  const found = new Map<string, { addresses: readonly string[]; at: number }>();
  const addressesOf = (connector: string) => found.get(connector)?.addresses ?? [];
  const look = async ({ find, dialer }: Peers, connector: string) => {
    const having = (await find()).filter(({ carriers }) => carriers.some((one) => one.connector === connector));
    const addresses = having.flatMap(({ address }) => address ?? []);
    // A replica of authorize that has just started knows of none yet.
    if (addresses.length > 0) found.set(connector, { addresses, at: performance.now() });
    await dialer.open(addresses);
  };
  return {
    /** The addresses that were found last. */
    addressesOf,
    /** Looks for others, because a replica has lost the connector. */
    forget: (connector: string) => void found.delete(connector),
    /** Reports whether there is a connection to one. */
    async find(connector: string): Promise<boolean> {
      if (!peers) return false;
      const known = found.get(connector);
      if (known && peers.dialer.isOpen(known.addresses)) {
        // A replica that is in use says itself when it has lost the connector. Authorize may be away.
        if (performance.now() - known.at >= freshMs) {
          known.at = performance.now();
          void look(peers, connector).catch(() => {});
        }
        return true;
      }
      return withDeadline(look(peers, connector), waitMs, () => new Error('no replica responds')).then(
        () => true,
        () => false,
      );
    },
  };
}
