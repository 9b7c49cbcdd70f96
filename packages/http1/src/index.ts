// An HTTP/1.1 client that reads every answer with one strict parser.
export { createHttp1Client, type Http1Client, type Http1Request } from './http1-client.ts';
export { type Http1Flow, type Http1Handler } from './http1-connection.ts';
export { Http1Error } from './http1-error.ts';
export { ResponseReader } from './response-reader.ts';
