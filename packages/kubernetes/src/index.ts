// The tongue of the Kubernetes API: request targets, request info, selectors, Status, WebSocket framing, and what flows
// in exec, attach, port-forward and watch.
export { parseRequestTarget } from './parse-request-target.ts';
export type { RequestTarget } from './parse-request-target.ts';
export { readRequestInfo } from './read-request-info.ts';
export type { RequestInfo, RequestParts } from './read-request-info.ts';
export { anyName, composeRequest, requestVerbs } from './compose-request.ts';
export type { StreamKind } from './stream-kind.ts';
export { isApiTrue } from './read-list-options.ts';
export { isSecretRead, isWrite, shellEquivalent } from './judgements.ts';
export { createStatus, statusForProblem } from './status.ts';
export type { Status, StatusDetails } from './status.ts';
export { parseFieldSelector } from './field-selector.ts';
export { parseLabelSelector } from './label-selector.ts';
export type { LabelRequirement } from './label-selector.ts';
export { isDnsSubdomain } from './label-syntax.ts';
export { applyMask, closeCodes, encodeClose, encodeFrame, opcodes } from './websocket-frame.ts';
export type { Opcode } from './websocket-frame.ts';
export { readFrameHeader } from './frame-header.ts';
export type { FrameHeader, FrameReaderOptions } from './frame-header.ts';
export { protocolError, WebSocketError } from './websocket-error.ts';
export { channels, decodeChannel, encodeChannel, encodeChannelClose, remoteCommandProtocol } from './remote-command.ts';
export { createStreamObserver } from './streams/create-stream-observer.ts';
export type { ObservedStream } from './streams/create-stream-observer.ts';
export type {
  ChannelBytes,
  ExitStatus,
  ForwardedPort,
  ObserverState,
  OpenStream,
  StreamChannel,
  StreamEnding,
  StreamObserver,
  StreamSummary,
} from './streams/stream-observer.ts';
export { createRecordBoundary } from './streams/watch/record-boundary.ts';
