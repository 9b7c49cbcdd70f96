import { nodeForwarder, startForwarder } from './node-forwarder.ts';
import type { Contender } from './contender.ts';

/** The cost of the library that forwards requests to web applications, with no logic around it. */
export const middlewareForwarder: Contender = {
  ...nodeForwarder,
  name: 'http-proxy-middleware',
  title: 'http-proxy-middleware, bare',
  start: (setup, wire) => startForwarder('middleware-forwarder-main.js', setup, wire),
};
