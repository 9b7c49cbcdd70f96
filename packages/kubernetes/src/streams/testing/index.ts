// For the tests of other packages: both sides of an exec, byte by byte.
export { fromClient, fromServer } from './conversation.ts';
export { readMessages } from './read-messages.ts';
export { createSpdyPeer, quads } from './spdy-peer.ts';
export { frameTypes } from '../spdy/spdy-frame.ts';
