// What both ends of a carrier share.
export { carrierPath } from './shared/constants.ts';
export { type Hello, type Target, readTarget, targetText } from './shared/hello.ts';
export { CarrierError, type CarrierErrorCode } from './shared/carrier-error.ts';
export { CarriedStream } from './shared/carried-stream.ts';
export { pinnedTls, provenKey } from './shared/pinned-tls.ts';
export { keyIdOf } from './shared/key-id.ts';
