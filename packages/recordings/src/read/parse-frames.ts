import {
  frameHeaderBytes,
  frameTypes,
  streamNames,
  type Frame,
  type FrameType,
  type PartHead,
  type RecordingTotals,
} from '../format/frame.ts';

const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));

function parsePayload(type: FrameType, stream: number, bytes: Uint8Array): Omit<Frame, 'time'> {
  switch (type) {
    case 'part':
      return { type, ...(decodeJson(bytes) as PartHead) } as Omit<Frame, 'time'>;
    case 'data': {
      const name = streamNames[stream];
      if (name === undefined) throw new Error(`stream ${stream} is unknown`);
      return { type, stream: name, bytes } as Omit<Frame, 'time'>;
    }
    case 'resize': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return { type, columns: view.getUint16(0), rows: view.getUint16(2) } as Omit<Frame, 'time'>;
    }
    case 'end':
      return { type, totals: decodeJson(bytes) as RecordingTotals } as Omit<Frame, 'time'>;
    default:
      return { type };
  }
}

/** Reads the whole frames in the text of a part, which may be cut in the middle of one. */
export function parseFrames(text: Uint8Array): Frame[] {
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  while (text.length - at >= frameHeaderBytes) {
    const end = at + frameHeaderBytes + view.getUint32(at + 8);
    if (end > text.length) break;
    const type = frameTypes[view.getUint8(at)];
    if (!type) throw new Error(`a frame has the unknown type ${view.getUint8(at)}`);
    const time = view.getUint16(at + 2) * 2 ** 32 + view.getUint32(at + 4);
    const payload = parsePayload(type, view.getUint8(at + 1), text.subarray(at + frameHeaderBytes, end));
    frames.push({ time, ...payload } as Frame);
    at = end;
  }
  return frames;
}
