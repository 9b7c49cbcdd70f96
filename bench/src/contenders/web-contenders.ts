import type { Contender } from './contender.ts';
import { direct } from './direct.ts';
import { middlewareForwarder } from './middleware-forwarder.ts';
import { oauth2ProxyForBrowsers } from './oauth2-proxy.ts';
import { sallyportWeb, sallyportWebOf, sallyportWebWithOneEvent } from './sallyport.ts';

/** All contenders in front of a web application, in the order of the table. */
export const webContenders = (trees: readonly string[]): Contender[] => [
  direct,
  middlewareForwarder,
  oauth2ProxyForBrowsers,
  sallyportWeb,
  sallyportWebWithOneEvent,
  ...trees.map(sallyportWebOf),
];
