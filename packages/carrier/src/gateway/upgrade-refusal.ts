import type { IncomingMessage } from 'node:http';
import { acceptKey, isWebSocketKey } from '@sallyport/kubernetes';
import { carrierProtocol } from '../shared/constants.ts';

const listOf = (text = '') => text.split(',').map((part) => part.trim());

/** Returns why a request is not the WebSocket handshake of a connector (RFC 6455, 4.2.1), or undefined if it is. */
export function upgradeRefusal({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): string | undefined {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return 'is not a WebSocket handshake';
  if (headers['sec-websocket-version'] !== '13') return 'is not version 13 of the WebSocket protocol';
  if (!isWebSocketKey(headers['sec-websocket-key'] ?? '')) return 'has no Sec-WebSocket-Key';
  if (!listOf(headers['sec-websocket-protocol']).includes(carrierProtocol))
    return `does not offer the subprotocol ${carrierProtocol}`;
  return undefined;
}

/** Returns the response that accepts the handshake. */
export function upgradeAccepted({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKey(headers['sec-websocket-key'] ?? '')}`,
    `Sec-WebSocket-Protocol: ${carrierProtocol}`,
    '\r\n',
  ].join('\r\n');
}
