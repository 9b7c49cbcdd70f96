// The protocols of the Kubernetes API: request targets, request info, selectors, Status, WebSocket frames, and observers
// of exec, attach, port-forward and watch streams.
export { parseRequestTarget } from './request/parse-request-target.ts';
export type { RequestTarget } from './request/parse-request-target.ts';
export { readRequestInfo } from './request/read-request-info.ts';
export type { RequestInfo } from './request/request-info.ts';
export { anyName, composeRequest, requestVerbs } from './request/compose-request.ts';
export type { StreamKind } from './request/stream-kind.ts';
export { isApiTrue } from './request/read-list-options.ts';
export { isSecretRead, isWrite, isShellRequest } from './request/classify-request.ts';
export { createStatus, statusForProblem } from './status/status.ts';
export type { Status, StatusDetails } from './status/status.ts';
export { parseFieldSelector } from './selectors/field-selector.ts';
export { parseLabelSelector } from './selectors/label-selector.ts';
export type { LabelRequirement } from './selectors/label-selector.ts';
export { isDnsSubdomain } from './selectors/label-syntax.ts';
export { applyMask, closeCodes, encodeClose, encodeFrame, opcodes } from './websocket/websocket-frame.ts';
export type { Opcode } from './websocket/websocket-frame.ts';
export { readFrameHeader } from './websocket/frame-header.ts';
export type { FrameHeader, FrameReaderOptions } from './websocket/frame-header.ts';
export { protocolError, WebSocketError } from './websocket/frame-header.ts';
export {
  channels,
  decodeChannel,
  encodeChannel,
  encodeChannelClose,
  remoteCommandProtocol,
} from './websocket/remote-command.ts';
export { createStreamObserver } from './streams/create-stream-observer.ts';
export type { ObservedStream } from './streams/create-stream-observer.ts';
export { createWebSocketEnd } from './streams/websocket/create-web-socket-end.ts';
export type { OpenStream, StreamObserver } from './streams/observer/stream-observer.ts';
export { createRecordBoundary } from './streams/watch/record-boundary.ts';
