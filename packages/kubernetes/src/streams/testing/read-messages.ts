import { readFrameHeader } from '../../websocket/frame-header.ts';
import { opcodes } from '../../websocket/websocket-frame.ts';

/** A message or control frame of a server. */
type Message =
  | { type: 'text' | 'binary' | 'ping' | 'pong'; data: Buffer }
  | { type: 'close'; code: number; reason: string };

const typeOf = new Map<number, 'text' | 'binary' | 'ping' | 'pong'>([
  [opcodes.text, 'text'],
  [opcodes.binary, 'binary'],
  [opcodes.ping, 'ping'],
  [opcodes.pong, 'pong'],
]);

/** Reads the messages of a server from all its bytes, and puts fragments together. */
export function readMessages(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  let open: { opcode: number; parts: Buffer[] } | undefined;
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const { fin, opcode, length } = readFrameHeader(rest, { expectMasked: false, maxPayload: 1 << 20 })!;
    const start = 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8);
    const data = rest.subarray(start, start + length);
    at += start + length;
    if (opcode === opcodes.close) {
      messages.push({ type: 'close', code: data.readUInt16BE(0), reason: data.subarray(2).toString() });
    } else if (opcode >= opcodes.close) {
      messages.push({ type: typeOf.get(opcode)!, data });
    } else {
      open ??= { opcode, parts: [] };
      open.parts.push(data);
      if (!fin) continue;
      messages.push({ type: typeOf.get(open.opcode)!, data: Buffer.concat(open.parts) });
      open = undefined;
    }
  }
  return messages;
}
