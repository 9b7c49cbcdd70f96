import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';
import { dayMs } from '@sallyport/contracts/text';
import type { GatewayAddress } from '../input/gateway-address.ts';
import type { TrustChoices } from '../gateway/gateway-client.ts';
import { isTrustFault, unreachable } from '../gateway/unreachable.ts';
import { readableSpan, readableTime } from '../terminal/times.ts';
import { failed, ok, warning, type Check } from './check.ts';

/** The certificate of a server, and the code of the error with which it is refused, if it is. */
type Shown = { certificate: PeerCertificate; protocol: string | null; fault?: string };

const name = 'tls';
const limitMs = 5000;
const soonMs = 14 * dayMs;

/**
 * Reads the certificate of a server, also one that is refused: otherwise there would be no telling who issued it and
 * until when it is valid. Nothing is sent over this connection, and it is closed at once.
 */
function readCertificate(socket: Socket, host: string, ca: string[] | undefined): Promise<Shown> {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket,
      host,
      ...servername,
      ...(ca === undefined ? {} : { ca }),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    });
    secure.setTimeout(limitMs, () => secure.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    secure.once('error', reject);
    secure.once('secureConnect', () => {
      const fault = secure.authorized ? undefined : String(secure.authorizationError);
      resolve({
        certificate: secure.getPeerCertificate(),
        protocol: secure.getProtocol(),
        ...(fault === undefined ? {} : { fault }),
      });
      secure.destroy();
    });
  });
}

const issuerOf = ({ issuer }: PeerCertificate) => [issuer?.CN ?? issuer?.O ?? 'an unknown issuer'].flat().join(', ');

function describe({ certificate, protocol }: Shown, now: number): Check {
  const until = Date.parse(certificate.valid_to);
  const detail = `${protocol ?? 'TLS'}, certificate by ${issuerOf(certificate)}, valid until ${readableTime(until)}`;
  if (until - now >= soonMs) return ok(name, detail);
  return warning(
    name,
    `${detail}, which is in ${readableSpan(Math.max(0, until - now))}`,
    'Tell the operator of the gateway to renew it.',
  );
}

/**
 * Checks the certificate of the gateway with the authorities that every other command trusts, in the same order.
 * `open` returns a connection to the gateway for each attempt.
 */
export async function checkCertificate(
  { origin }: GatewayAddress,
  trust: TrustChoices,
  open: () => Promise<Socket | undefined>,
  now: number,
): Promise<Check> {
  const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
  let refused: Check | undefined;
  for (const authorities of trust) {
    const [ca, socket] = [await authorities(), await open()];
    if (socket === undefined) break;
    let shown: Shown;
    try {
      shown = await readCertificate(socket, host, ca);
    } catch (error) {
      const { message, hint = '' } = unreachable(origin, error);
      return failed(name, message, hint);
    } finally {
      socket.destroy();
    }
    const { fault, certificate } = shown;
    if (fault === undefined) return describe(shown, now);
    const { message, hint = '' } = unreachable(origin, { code: fault });
    const issued = `issued by ${issuerOf(certificate)}, valid until ${readableTime(Date.parse(certificate.valid_to))}`;
    refused = failed(name, `${message} (${issued})`, hint);
    if (!isTrustFault({ code: fault })) break;
  }
  return refused ?? failed(name, `the connection to ${origin} was lost`, 'Try again.');
}
