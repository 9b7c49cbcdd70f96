import { ProblemError } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';
import {
  bearerToken,
  identifyToken,
  onlyToken,
  readCarriers,
  type AcceptedTokens,
} from '../credential/read-carriers.ts';
import type { ClusterExchange, Read, Step } from '../exchange/exchange.ts';
import type { ReadHeaders } from '../headers/read-headers.ts';
import { applicationTokenPrefix } from '../web-identity/application-token.ts';
import { readApplicationToken, type Applications } from '../web-identity/read-application-token.ts';

/**
 * What the API server supports for logs (k8s.io/apimachinery, pkg/util/httpstream/wsstream). It refuses anything else,
 * but the request then never ends.
 */
const ofLogs: ReadonlySet<string> = new Set(['binary.k8s.io', 'base64.binary.k8s.io']);

/**
 * Refuses a WebSocket of a log that offers a subprotocol that logs do not support, even next to one that they do,
 * because the API server chooses which one is used.
 */
function refuseForeignSubprotocol(kube: RequestInfo, offered: readonly string[] | undefined): void {
  if (kube.stream !== 'log' || !offered) return;
  const foreign = offered.find((protocol) => !ofLogs.has(protocol));
  if (foreign !== undefined)
    throw new ProblemError(
      'bad-request',
      `Logs do not support the WebSocket subprotocol ${JSON.stringify(foreign)}. Offer binary.k8s.io, base64.binary.k8s.io or none.`,
    );
}

/** Carries the bearer token in a WebSocket handshake, where browsers cannot set an Authorization header. */
const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';

/** A subprotocol is a token (RFC 9110; RFC 6455, 4.1), but SPDY/3.1+portforward.k8s.io of Kubernetes has a slash. */
const protocolName = /^[A-Za-z0-9!#$%&'*+.^_`|~/-]+$/;

/**
 * Takes the token out of the offered subprotocols of a WebSocket handshake, as kube-apiserver does. There must be one
 * token at most, and a real subprotocol next to it.
 */
function fromProtocols(headers: ReadHeaders): string | undefined {
  if (headers.upgrade !== 'websocket') headers.webSocketProtocols = undefined;
  if (!headers.webSocketProtocols) return undefined;
  if (!headers.webSocketProtocols.every((protocol) => protocolName.test(protocol)))
    throw new ProblemError('bad-request', 'Sec-WebSocket-Protocol contains something that is not a subprotocol.');
  const tokens = headers.webSocketProtocols.filter((protocol) => protocol.toLowerCase().startsWith(bearerProtocol));
  const others = headers.webSocketProtocols.filter((protocol) => !protocol.toLowerCase().startsWith(bearerProtocol));
  headers.webSocketProtocols = others;
  if (tokens.length === 0) return undefined;
  if (tokens.length > 1) throw new ProblemError('ambiguous-credential', 'The WebSocket handshake offers two tokens.');
  if (others.length === 0)
    throw new ProblemError('bad-request', 'The WebSocket handshake offers a token, but no subprotocol.');
  const encoded = tokens[0]!.slice(bearerProtocol.length);
  const token = Buffer.from(encoded, 'base64url').toString('latin1');
  if (Buffer.from(token, 'latin1').toString('base64url') !== encoded || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ProblemError('bad-request', 'The token in the WebSocket subprotocol is not a bearer token in base64url.');
  }
  return token;
}

/**
 * Creates the step that reads exactly one credential and keeps only its hash, and until the next step a token that may be
 * that of a workload. Cookies do not count here, because `*\/proxy` serves foreign pages from the gateway's origin.
 */
export function createReadCredential(
  deps: AcceptedTokens & { applications?: Applications | undefined } = {},
): Step<Read<ClusterExchange>> {
  return (exchange) => {
    const { headers } = exchange;
    const protocol = fromProtocols(headers);
    refuseForeignSubprotocol(exchange.asked, headers.webSocketProtocols);
    const carried = readCarriers(headers.authorization, headers.pomeriumAuthorization);
    headers.authorization = [];
    headers.pomeriumAuthorization = [];
    const only = onlyToken(protocol === undefined ? carried : [...carried, bearerToken(protocol)]);
    if (only === undefined)
      throw new ProblemError('unauthenticated', 'No credential was sent. Log in with "sallyport login".');
    if (!only.pomerium && only.token.startsWith(applicationTokenPrefix)) {
      const { tokenHash, route } = readApplicationToken(only.token, exchange.clusterName, deps.applications);
      exchange.tokenHash = tokenHash;
      exchange.application = route;
      return;
    }
    const { hash, workloadToken } = identifyToken(only, deps);
    exchange.tokenHash = hash;
    exchange.workloadToken = workloadToken;
  };
}
