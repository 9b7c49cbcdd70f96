// All contenders, in the order of the table.
import type { Contender } from './contender.ts';
import { direct } from './direct.ts';
import { haproxy } from './haproxy.ts';
import { nodeForwarder } from './node-forwarder.ts';
import { oauth2Proxy } from './oauth2-proxy.ts';
import { sallyport, sallyportOf, sallyportSmall, sallyportWithOneEvent, sallyportWithoutEvents } from './sallyport.ts';

export const contenders = (trees: readonly string[]): Contender[] => [
  direct,
  haproxy,
  nodeForwarder,
  oauth2Proxy,
  sallyport,
  sallyportSmall,
  sallyportWithOneEvent,
  sallyportWithoutEvents,
  ...trees.map(sallyportOf),
];
