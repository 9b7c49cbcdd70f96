import type { Socket } from 'node:net';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import { carrierOf } from '@sallyport/http2';
import type { ClientCertificate } from '@sallyport/contracts';
import { onceForEach } from '@sallyport/kit';

/** Returns the certificate that the client presented in the handshake. Undefined where the gateway asks for none. */
export type ClientCertificateOf = (socket: Socket) => ClientCertificate | undefined;

const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

function read(socket: Socket): ClientCertificate {
  if (!(socket instanceof TLSSocket)) return { presented: false };
  const leaf = socket.getPeerCertificate();
  // Without a certificate, Node returns an empty object, or nothing at all once the connection is closed.
  if (!(leaf as Partial<PeerCertificate> | undefined)?.raw) return { presented: false };
  return { presented: true, leaf: pem(leaf.raw), valid: socket.authorized };
}

/**
 * Creates the reader of client certificates. It reads each connection once, because a certificate applies to all of it.
 * `asked`: whether the gateway has a CA for clients, and so asks for certificates.
 */
export function createClientCertificates(deps: { asked: boolean }): ClientCertificateOf {
  if (!deps.asked) return () => undefined;
  const readOnce = onceForEach(read);
  return (socket) => readOnce(carrierOf(socket));
}
