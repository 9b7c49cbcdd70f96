// An HTTP/1.1 client that reads every response with one strict parser.
export { createHttp1Client, type Http1Client, type Http1Request } from './client/http1-client.ts';
export { type Http1Flow, type Http1Handler } from './client/http1-handler.ts';
export { readWhole } from './client/read-whole.ts';
export { Http1Error } from './wire/http1-error.ts';
export { ResponseReader } from './wire/response-reader.ts';
export { checkField, checkRequestLine } from './wire/write-request-head.ts';
