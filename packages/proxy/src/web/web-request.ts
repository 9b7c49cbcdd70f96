/** What is known of a request to a web application before it is forwarded. */
export type WebRequest = {
  method: string;
  /** The path as policies see it: with every escape decoded, but for slashes where the route allows them. */
  path: string;
  /** Whether a browser opens a page, so that a login can be begun. */
  isNavigation: boolean;
  /** Whether the client shows HTML. */
  acceptsPage: boolean;
  /** How the credential came. Undefined before it is read. */
  carrier: 'cookie' | 'bearer' | undefined;
};
