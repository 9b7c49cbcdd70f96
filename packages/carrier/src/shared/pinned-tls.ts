import { constants, type KeyObject } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificateFor } from './certificate.ts';

/** The ALPN name of what is spoken in a carrier. */
const innerProtocol = 'sallyport-connector/1';

/**
 * Returns what both ends give to `tls`. Node.js has no name and no authority to check here, so `provenKey` decides once
 * TLS has proven that the peer has the private half of its key. `protocol` is the ALPN name.
 */
export function pinnedTls(privateKey: KeyObject, protocol = innerProtocol): object {
  const { cert, key } = certificateFor(privateKey);
  return {
    cert,
    key,
    // Without this, Node.js loads the authorities of the system for nothing.
    ca: [cert],
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [protocol],
    // A resumed session would prove who the peer was when it began.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Returns the key that the peer has proven to have, or undefined if it has none or this is not `pinnedTls`. */
export function provenKey(socket: TLSSocket, protocol = innerProtocol): KeyObject | undefined {
  if (socket.alpnProtocol !== protocol || socket.getProtocol() !== 'TLSv1.3' || socket.isSessionReused())
    return undefined;
  return socket.getPeerX509Certificate()?.publicKey;
}
