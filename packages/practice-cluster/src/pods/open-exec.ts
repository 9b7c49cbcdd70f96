import { acceptKey, isWebSocketKey, remoteCommandProtocol } from '@sallyport/kubernetes';
import { flag, type Call, type Cluster } from '../access/call.ts';
import { ApiError, badRequest } from '../objects/api-error.ts';
import { textAt } from '../objects/kube-object.ts';
import { runCommand } from '../shell/run-command.ts';
import { ExecStream } from './exec-stream.ts';
import { findContainer } from './find-container.ts';

/** Opens an exec with the WebSocket protocol of kubectl 1.31 and later, into a simulated shell. */
export function openExec(cluster: Cluster, call: Call): void {
  const { pod, container } = findContainer(cluster, call);
  const command = call.target.query.get('command') ?? [];
  if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
  if (textAt(pod, 'status.phase') !== 'Running') throw badRequest(`container ${String(container.name)} is not running`);
  const { socket, head } = demandWebSocket(call);
  call.response.detachSocket(socket as Parameters<typeof call.response.detachSocket>[0]);
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey(String(call.request.headers['sec-websocket-key']))}`,
      `Sec-WebSocket-Protocol: ${remoteCommandProtocol}`,
      `Audit-Id: ${String(call.response.getHeader('audit-id'))}`,
      '',
      '',
    ].join('\r\n'),
  );
  const tty = flag(call, 'tty');
  const stream = new ExecStream(socket, {
    stdin: flag(call, 'stdin'),
    stdout: flag(call, 'stdout'),
    stderr: flag(call, 'stderr') && !tty,
    tty,
    closing: cluster.closing,
  });
  stream.start(head);
  const machine = { pod, container: String(container.name), clock: cluster.clock, tty, closing: cluster.closing };
  runCommand(machine, [...command], { stdin: stream.stdin, write: (to, data) => stream.write(to, data) }).then(
    (code) => stream.exit(code),
    (error: unknown) => stream.fail(error),
  );
}

function demandWebSocket(call: Call): NonNullable<Call['upgrade']> {
  const { headers } = call.request;
  const protocol = (headers.upgrade ?? '').toLowerCase();
  if (call.upgrade === undefined || protocol === '') throw badRequest('Upgrade request required');
  if (protocol.startsWith('spdy/')) {
    throw new ApiError(
      400,
      'BadRequest',
      `this is a practice cluster: it supports exec only over WebSocket (${remoteCommandProtocol}), not over SPDY. Use kubectl 1.31 or later without KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false`,
    );
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  if (
    protocol !== 'websocket' ||
    call.request.method !== 'GET' ||
    headers['sec-websocket-version'] !== '13' ||
    !isWebSocketKey(headers['sec-websocket-key'] ?? '')
  )
    throw badRequest('not a WebSocket handshake (RFC 6455)');
  if (!offered.includes(remoteCommandProtocol))
    throw badRequest(
      `unable to negotiate a protocol: client supports [${offered.join(' ')}], server accepts [${remoteCommandProtocol}]`,
    );
  return call.upgrade;
}
