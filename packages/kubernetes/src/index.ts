// The protocols of the Kubernetes API: request targets, request info, selectors, Status, WebSocket frames, and observers
// of exec, attach, port-forward and watch streams.
export { parseRequestTarget, type RequestTarget } from './request/parse-request-target.ts';
export { readRequestInfo } from './request/read-request-info.ts';
export type { RequestInfo } from './request/request-info.ts';
export { anyName, composeRequest, requestVerbs } from './request/compose-request.ts';
export type { StreamKind } from './request/stream-kind.ts';
export { isApiTrue } from './request/read-list-options.ts';
export { isSecretRead, isWrite, isShellRequest } from './request/classify-request.ts';
export { createStatus, statusForProblem, type Status, type StatusDetails } from './status/status.ts';
export { parseFieldSelector } from './selectors/field-selector.ts';
export { parseLabelSelector, type LabelRequirement } from './selectors/label-selector.ts';
export { isDnsSubdomain } from './selectors/label-syntax.ts';
export { acceptKey, isWebSocketKey } from './websocket/handshake-key.ts';
export { applyMask, closeCodes, encodeClose, encodeFrame, opcodes, type Opcode } from './websocket/websocket-frame.ts';
export {
  readFrameHeader,
  type FrameHeader,
  type FrameReaderOptions,
  protocolError,
  WebSocketError,
} from './websocket/frame-header.ts';
export {
  channels,
  decodeChannel,
  encodeChannel,
  encodeChannelClose,
  remoteCommandProtocol,
} from './websocket/remote-command.ts';
export { createStreamObserver, type ObservedStream } from './streams/create-stream-observer.ts';
export { createWebSocketEnd } from './streams/websocket/create-web-socket-end.ts';
export type { OpenStream, PayloadSink, StreamObserver } from './streams/observer/stream-observer.ts';
export { createRecordBoundary } from './streams/watch/record-boundary.ts';
