// HTTP/2: a client for streams that stay open, and a server behind a listener that has TLS.
export { giveUpSilent } from './client/give-up-silent.ts';
export { createHttp2Client, type Http2Client } from './client/http2-client.ts';
export type { BodilessRequest } from './client/write-fields.ts';
export { asHttp1, carrierOf } from './server/as-http1.ts';
export { createHttp2Server, type Http2Server } from './server/create-http2-server.ts';
export type { StreamRequest } from './server/stream-request.ts';
export type { StreamResponse } from './server/stream-response.ts';
export { endIfLost } from './shared/end-if-lost.ts';
