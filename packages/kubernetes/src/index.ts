// The tongue of the Kubernetes API: request targets, request info, selectors, Status, WebSocket framing, and what flows
// in exec, attach, port-forward and watch.
export { parseRequestTarget } from './parse-request-target.ts';
export type { RequestTarget, TargetRefusal } from './parse-request-target.ts';
export type { QueryParameters } from './parse-query.ts';
export { readRequestInfo } from './read-request-info.ts';
export type { RequestInfo, RequestParts } from './read-request-info.ts';
export { anyName, composeRequest, requestVerbs } from './compose-request.ts';
export type { AskedOfApi } from './compose-request.ts';
export type { StreamKind } from './stream-kind.ts';
export type { ExecOptions } from './read-exec.ts';
export { isApiTrue } from './read-list-options.ts';
export { isSecretRead, isWrite, shellEquivalent } from './judgements.ts';
export { mayUpsert } from './may-upsert.ts';
export { createStatus, statusForProblem } from './status.ts';
export type { ProblemForStatus, Status, StatusDetails } from './status.ts';
export { parseFieldSelector } from './field-selector.ts';
export { parseLabelSelector } from './label-selector.ts';
export type { LabelRequirement } from './label-selector.ts';
export { isDnsSubdomain } from './label-syntax.ts';
export { acceptKey, isWebSocketKey } from './websocket-accept-key.ts';
export { closeCodes, encodeClose, encodeFrame, opcodes } from './websocket-frame.ts';
export type { FrameToEncode, Opcode } from './websocket-frame.ts';
export { FrameReader } from './frame-reader.ts';
export type { Frame } from './frame-reader.ts';
export type { FrameReaderOptions } from './frame-header.ts';
export { WebSocketError } from './websocket-error.ts';
export { MessageReader } from './message-reader.ts';
export type { MessageReaderOptions, WebSocketEvent } from './message-reader.ts';
export { channels, decodeChannel, encodeChannel, encodeChannelClose, remoteCommandProtocol } from './remote-command.ts';
export type { ChannelMessage } from './remote-command.ts';
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
export type { RecordBoundary } from './streams/watch/record-boundary.ts';
export { watchErrorEvent } from './streams/watch/watch-error-event.ts';
